import type { Command } from "commander";
import type { BudgetsOptions } from "./commands/budgets.ts";
import type { LedgerReservationsOptions } from "./commands/ledger-reservations.ts";
import type { LedgerTopOptions } from "./commands/ledger-top.ts";
import { atLeastOne } from "./option-values.ts";
import type { StoreOption } from "./store-name.ts";
import type { Terminal } from "./terminal.ts";

/** Adds the commands that look at the ledger of a store, or change something in it. */
export function addLedgerCommands(
  program: Command,
  terminal: Terminal,
  end: (exitCode: number) => void,
): void {
  storing(program.command("budgets"))
    .description("show where budgets stand by the ledger of a store: limit, spent, held and left")
    .option("-b, --budget <id>", "only this budget")
    .option("-p, --partition <partition>", "only this partition, such as user=alice")
    .option("-a, --all", "windows that have ended, too")
    .option("--json", jsonHelp)
    .action(async (options: BudgetsOptions) => {
      const { budgets } = await import("./commands/budgets.ts");
      end(await budgets(options, terminal));
    });

  const ledger = program
    .command("ledger")
    .description("look into the ledger of a store, and put things right");

  storing(ledger.command("top"))
    .description("show the balances with most spent, and what part of the limit that is")
    .option("-u, --unit <unit>", "what to compare by", "usd")
    .option("-n, --limit <n>", "how many", atLeastOne, 10)
    .option("-b, --budget <id>", "only this budget")
    .option("-a, --all", "windows that have ended, too")
    .option("--json", jsonHelp)
    .action(async (options: LedgerTopOptions) => {
      const { ledgerTop } = await import("./commands/ledger-top.ts");
      end(await ledgerTop(options, terminal));
    });

  storing(ledger.command("reservations"))
    .description("show the newest reservations: what they hold, since when and until when")
    .option("-b, --budget <id>", "only those that hold something of this budget")
    .option("-n, --limit <n>", "how many", atLeastOne, 100)
    .option("--json", jsonHelp)
    .action(async (options: LedgerReservationsOptions) => {
      const { ledgerReservations } = await import("./commands/ledger-reservations.ts");
      end(await ledgerReservations(options, terminal));
    });

  storing(program.command("migrate"))
    .description("make the schema of a PostgreSQL store, or bring it up to date")
    .action(async (options: StoreOption) => {
      const { migrate } = await import("./commands/migrate.ts");
      end(await migrate(options, terminal));
    });
}

const jsonHelp = "write JSON; amounts are whole numbers as text, usd in nano-dollars";

/** Adds the option that says where the store is. */
export function storing(command: Command): Command {
  return command.option(
    "-s, --store <path-or-url>",
    "an SQLite file, or postgresql://user@host/database; or set TOLLGATE_STORE",
  );
}
