const lines = Array.from({ length: 1920 }, (_, index) => {
  const time = new Date(Date.UTC(2026, 0, 15, 6) + index * 7_113).toISOString();
  const order = ((index * 2_654_435_761) >>> 0).toString(16).padStart(8, "0");
  return `${time} payment-${index % 7} order=${order} try=${1 + (index % 4)} status=503 ms=${900 + (index % 131)}`;
});

/**
 * A morning of server log, some 145 KB: an agent that reads it sends it along with every call it makes.
 *
 * Its size is what lets the gate hold about $0.19 for a call before it knows that it will cost $0.18.
 */
export const incidentLog: string = lines.join("\n");
