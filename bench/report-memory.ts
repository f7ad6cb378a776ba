// Loaded before a command that is measured: tells on its fourth output how much memory it took at most.
import { writeSync } from "node:fs";
import { isMainThread } from "node:worker_threads";

if (isMainThread) {
  process.on("exit", () => {
    // In kilobytes on every system: Node sees to it.
    writeSync(3, `${process.resourceUsage().maxRSS / 1000}`);
  });
}
