import type { Command } from "commander";
import type { BudgetsOptions } from "./commands/budgets.ts";
import type { LedgerAdjustOptions } from "./commands/ledger-adjust.ts";
import type { LedgerAdjustmentsOptions } from "./commands/ledger-adjustments.ts";
import type { LedgerReconcileOptions } from "./commands/ledger-reconcile.ts";
import type { LedgerReleaseOptions } from "./commands/ledger-release.ts";
import type { LedgerReservationsOptions } from "./commands/ledger-reservations.ts";
import type { LedgerTopOptions } from "./commands/ledger-top.ts";
import { atLeastOne, collected } from "./option-values.ts";
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
    .option("-b, --budget <id>", "only those of this budget")
    .option("-o, --open", "only those that hold something")
    .option("-n, --limit <n>", "how many", atLeastOne, 100)
    .option("--json", jsonHelp)
    .action(async (options: LedgerReservationsOptions) => {
      const { ledgerReservations } = await import("./commands/ledger-reservations.ts");
      end(await ledgerReservations(options, terminal));
    });

  storing(ledger.command("adjustments"))
    .description("show who changed what was spent, by how much and why, the newest first")
    .option("-b, --budget <id>", "only those of this budget")
    .option("-n, --limit <n>", "how many", atLeastOne, 100)
    .option("--json", jsonHelp)
    .action(async (options: LedgerAdjustmentsOptions) => {
      const { ledgerAdjustments } = await import("./commands/ledger-adjustments.ts");
      end(await ledgerAdjustments(options, terminal));
    });

  storing(trusting(ledger.command("reconcile")))
    .description("tell the ledger of what dead processes granted out of leases and told to nobody")
    .argument("<files...>", "the files with their receipts, where these are not in the store; - is stdin")
    .option("-u, --until <time>", "only decisions from before this time; an hour ago unless it is given")
    .option("--json", "write JSON: the ids of the decisions")
    .action(async (files: string[], options: LedgerReconcileOptions) => {
      const { ledgerReconcile } = await import("./commands/ledger-reconcile.ts");
      end(await ledgerReconcile(files, options, terminal));
    });

  operating(ledger.command("release"))
    .description("give back what an open reservation holds, with a receipt")
    .argument("<reservation>", "its id, as tollgate ledger reservations shows it")
    .action(async (id: string, options: LedgerReleaseOptions) => {
      const { ledgerRelease } = await import("./commands/ledger-release.ts");
      end(await ledgerRelease(id, options, terminal));
    });

  for (const { name, kind, description, amount } of adjustments) {
    operating(ledger.command(name))
      .description(description)
      .argument("<budget>", "the budget's id")
      .argument("<amount>", amount)
      .option("-p, --partition <partition>", "such as user=alice; without it the budget's balance for all")
      .option("-w, --window <window>", "without it the only one that has not ended")
      .option("--id <id>", "done once for this id, however often it is asked for")
      // An amount with a minus looks like an option.
      .allowUnknownOption(kind === "correction")
      .action(async (budget: string, text: string, options: LedgerAdjustOptions) => {
        const { ledgerAdjust } = await import("./commands/ledger-adjust.ts");
        end(await ledgerAdjust(kind, budget, text, options, terminal));
      });
  }

  storing(program.command("migrate"))
    .description("make the schema of a PostgreSQL store, or bring it up to date")
    .action(async (options: StoreOption) => {
      const { migrate } = await import("./commands/migrate.ts");
      end(await migrate(options, terminal));
    });
}

const jsonHelp = "write JSON; amounts are whole numbers as text, usd in nano-dollars";

/** The commands that change what was spent. */
const adjustments = [
  {
    name: "top-up",
    kind: "top_up",
    description: "put money into a budget: so much more can be spent in its window, with a receipt",
    amount: "how much, such as '$5.00' or '100 calls'",
  },
  {
    name: "refund",
    kind: "refund",
    description: "take something that was spent back, as it was paid back, with a receipt",
    amount: "how much, such as '$5.00' or '100 calls'",
  },
  {
    name: "adjust",
    kind: "correction",
    description: "put right what was spent, with a receipt",
    amount: "what is added to what was spent, with its sign: '+$5.00' or '-100 calls'",
  },
] as const;

/** Adds the options of what changes a store. */
export function operating(command: Command): Command {
  return storing(command)
    .requiredOption("--by <who>", "who does it")
    .requiredOption("--reason <why>", "why it is done")
    .requiredOption(
      "--key-file <file>",
      "the private key that signs the receipt, as tollgate keygen makes it",
    )
    .option("--json", "write JSON, with the receipt");
}

/** Adds the option that says where the store is. */
export function storing(command: Command): Command {
  return command.option(
    "-s, --store <path-or-url>",
    "an SQLite file, or postgresql://user@host/database; or set TOLLGATE_STORE",
  );
}

/** Adds the options that say whom to trust. */
export function trusting(command: Command): Command {
  return command
    .option(
      "-k, --key <file>",
      "a public key that you trust (JWK, JWK set or PEM); may be given several times",
      collected,
    )
    .option("--trimmed", "the beginnings of chains may have been dropped, up to one of their checkpoints");
}
