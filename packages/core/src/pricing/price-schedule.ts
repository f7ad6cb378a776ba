import type { ConditionalPrice, ModelPrice } from "@pydantic/genai-prices";

/** Prices, and from when (inclusive) until when (exclusive) they hold; epoch milliseconds. */
export interface ScheduledPrice {
  readonly prices: ModelPrice;
  readonly from: number;
  readonly until: number;
}

const dayMs = 86_400_000;
const clockTime = /^(\d{2}):(\d{2}):(\d{2})(?:Z|([+-])(\d{2}):(\d{2}))$/;

/**
 * The prices of a model at a time: of the entries whose condition holds, the last one.
 *
 * Null when the catalogue states a condition that is not understood: no price then, rather than a wrong one.
 */
export function priceAt(
  schedule: readonly ConditionalPrice[] | ModelPrice,
  at: number,
): ScheduledPrice | null {
  let from = Number.NEGATIVE_INFINITY;
  let until = Number.POSITIVE_INFINITY;
  if (!isSchedule(schedule)) return { prices: schedule, from, until };
  const boundary = (time: number): void => {
    if (time <= at) from = Math.max(from, time);
    else until = Math.min(until, time);
  };
  // With no condition met the first entry holds, whatever its own condition is.
  let prices = schedule[0]?.prices;
  for (const entry of schedule) {
    const { constraint } = entry;
    if (constraint === undefined) {
      prices = entry.prices;
    } else if (constraint.type === "start_date") {
      const start = Date.parse(constraint.start_date);
      if (Number.isNaN(start)) return null;
      boundary(start);
      if (at >= start) prices = entry.prices;
    } else {
      const start = timeOfDay(constraint.start_time);
      const end = timeOfDay(constraint.end_time);
      if (start === null || end === null) return null;
      const now = modulo(at, dayMs);
      for (const edge of [start, end]) {
        boundary(at - now + edge - dayMs);
        boundary(at - now + edge);
        boundary(at - now + edge + dayMs);
      }
      if (end < start ? now >= start || now < end : now >= start && now < end) prices = entry.prices;
    }
  }
  return prices === undefined ? null : { prices, from, until };
}

function isSchedule(
  schedule: readonly ConditionalPrice[] | ModelPrice,
): schedule is readonly ConditionalPrice[] {
  return Array.isArray(schedule);
}

/** Milliseconds from midnight UTC, or null for what is no time. */
function timeOfDay(text: string): number | null {
  const match = clockTime.exec(text);
  if (match === null) return null;
  const [, hours, minutes, seconds, sign, offsetHours = "0", offsetMinutes = "0"] = match;
  const time = (Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds);
  const offset = (Number(offsetHours) * 60 + Number(offsetMinutes)) * 60;
  return modulo((sign === "-" ? time + offset : time - offset) * 1_000, dayMs);
}

function modulo(value: number, by: number): number {
  return ((value % by) + by) % by;
}
