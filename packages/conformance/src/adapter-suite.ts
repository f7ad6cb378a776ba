import { describe, it } from "vitest";
import { type AdapterDriver, type Surface, surfaces } from "./adapter-driver.ts";
import { type AdapterRow, runRow, skipReason } from "./adapter-row.ts";
import { agentRows } from "./agent-rows.ts";
import { callRows, manyRows } from "./call-rows.ts";
import { enforcedRows } from "./enforced-rows.ts";
import { streamRows } from "./stream-rows.ts";

/** Every rule that an adapter must keep. */
export const adapterRows: readonly AdapterRow[] = [
  ...callRows,
  ...enforcedRows,
  ...manyRows,
  ...streamRows,
  ...agentRows,
];

/** Asks every row of a driver as a vitest suite; what its framework cannot do is skipped with the reason. */
export function adapterConformance(driver: AdapterDriver): void {
  // Each row has its own gate and provider, and much of its time is waiting for the framework to try again.
  describe.concurrent(`${driver.name} keeps the gate's rules`, () => {
    for (const [surface, title] of Object.entries(surfaces) as [Surface, string][]) {
      describe(title, () => {
        const rows = adapterRows.filter((row) => row.surface === surface);
        if (driver.surfaces[surface].coverage === "not covered") {
          // One line says it for all of the surface's rules.
          for (const any of rows.slice(0, 1)) it.skip(`${skipReason(any, driver)}`);
          return;
        }
        for (const asked of rows) {
          const reason = skipReason(asked, driver);
          if (reason === null) it(asked.rule, () => runRow(asked, driver));
          else it.skip(`${asked.rule} (${reason})`);
        }
      });
    }
  });
}
