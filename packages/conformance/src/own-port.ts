import { randomInt } from "node:crypto";
import { createSocket } from "node:dgram";
import { createServer } from "node:net";

const host = "127.0.0.1";

/**
 * A local TCP port that is free, and stays this process's until it ends, also while nothing listens on it.
 *
 * A port that the system gave and took back is one that it gives to any client or server next; hence one below those
 * (RFC 6335, section 6, and Linux), of which the same UDP port says to others that look for one that it is taken.
 */
export async function ownPort(): Promise<number> {
  for (let tries = 0; tries < 1000; tries++) {
    const port = randomInt(10_000, 32_000);
    if ((await takes(port)) && (await isFree(port))) return port;
  }
  throw new Error("there is no free port between 10000 and 32000");
}

/** Takes the UDP port for as long as this process runs. */
function takes(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket("udp4");
    socket.once("error", () => {
      socket.close();
      resolve(false);
    });
    socket.bind({ port, address: host, exclusive: true }, () => {
      socket.unref();
      resolve(true);
    });
  });
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen(port, host, () => probe.close(() => resolve(true)));
  });
}
