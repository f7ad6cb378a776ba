import type { Command } from "commander";
import type { StopsChangeOptions } from "./commands/stops-change.ts";
import type { StopsListOptions } from "./commands/stops-list.ts";
import { operating, storing } from "./ledger-commands.ts";
import { atLeastOne } from "./option-values.ts";
import type { Terminal } from "./terminal.ts";

/** Adds the commands that show what is stopped, stop something, and lift an agent's stop. */
export function addStopCommands(program: Command, terminal: Terminal, end: (exitCode: number) => void): void {
  const stops = program.command("stops").description("show what is stopped, stop something, or lift a stop");

  storing(stops.command("list"))
    .description("show which runs and agents are stopped, the oldest first")
    .option("-n, --limit <n>", "how many, the newest", atLeastOne, 100)
    .option("--json", "write JSON")
    .action(async (options: StopsListOptions) => {
      const { stopsList } = await import("./commands/stops-list.ts");
      end(await stopsList(options, terminal));
    });

  operating(stops.command("stop"))
    .description("deny every later action of a run or an agent, wherever its gate is, with a receipt")
    .option("-r, --run <id>", "the run")
    .option("-a, --agent <name>", "the agent, by exactly the name that its runs have")
    .option("-t, --tenant <tenant>", "only the agent of this tenant; without it, in all of them")
    .action(async (options: StopsChangeOptions) => {
      const { stopsStop } = await import("./commands/stops-change.ts");
      end(await stopsStop(options, terminal));
    });

  operating(stops.command("lift"))
    .description("let an agent act again that was stopped, with a receipt; runs stay stopped")
    .requiredOption("-a, --agent <name>", "the agent, as tollgate stops list shows it")
    .option("-t, --tenant <tenant>", "the tenant that it is stopped in, where it is stopped in one")
    .action(async (options: StopsChangeOptions) => {
      const { stopsLift } = await import("./commands/stops-change.ts");
      end(await stopsLift(options, terminal));
    });
}
