// Loaded before a command that is measured: tells on file descriptor 3 how many megabytes it took at most.
import { writeSync } from "node:fs";
import { isMainThread } from "node:worker_threads";

if (isMainThread) {
  process.on("exit", () => {
    // In units of 1,024 bytes on every system: libuv sees to it.
    writeSync(3, `${(process.resourceUsage().maxRSS * 1024) / 1e6}`);
  });
}
