import { readFileSync } from "node:fs";
import { Command, Option } from "commander";
import { addApprovalCommands } from "./approval-commands.ts";
import type { BalancesOptions } from "./commands/balances.ts";
import type { ExportOptions } from "./commands/export.ts";
import type { ProveOptions } from "./commands/prove.ts";
import type { ReconcileOptions } from "./commands/reconcile-agt.ts";
import type { ShowOptions } from "./commands/show.ts";
import type { TailOptions } from "./commands/tail.ts";
import type { VerifyCommandOptions } from "./commands/verify.ts";
import { exportFormats } from "./export-formats.ts";
import { addLedgerCommands, storing, trusting } from "./ledger-commands.ts";
import { collected, kindList, threadCount, wholeNumber } from "./option-values.ts";
import { addPolicyCommands } from "./policy-commands.ts";
import { addStopCommands } from "./stop-commands.ts";
import type { Terminal } from "./terminal.ts";

/** Hands an exit code on to whoever runs the program. */
export type End = (exitCode: number) => void;

/**
 * The command line: its commands, what they take, and what their help says.
 *
 * A command's code is loaded when it is run, so that help and mistakes are answered at once.
 */
export function createProgram(terminal: Terminal, end: End): Command {
  const program = new Command("tollgate")
    .description(
      "Verify and show the receipts of AI agents' actions, and look after the ledgers of their budgets.",
    )
    .version(version(), "-V, --version", "show the version")
    .helpOption("-h, --help", "show help")
    .helpCommand("help [command]", "show help for a command")
    .exitOverride()
    .configureHelp({ showGlobalOptions: false })
    .configureOutput({
      writeOut: (text) => void terminal.stdout.write(text),
      writeErr: (text) => void terminal.stderr.write(text),
      outputError: (text) => terminal.note(oneLine(text)),
    })
    .addHelpText("after", exitCodesHelp);

  program
    .command("keygen")
    .description("make a key that signs receipts; its public half is written to standard output")
    .argument("<file>", "the new file for the private key, a JWK that only you can read (mode 0600)")
    .action(async (file: string) => {
      const { keygen } = await import("./commands/keygen.ts");
      end(await keygen(file, terminal));
    });

  reading(trusting(program.command("verify")))
    .description("check that receipts, or the proof of one, hold and are signed by keys that you trust")
    .option("--revoked <kid[=since]>", "a key that is not trusted any more, or not since then", collected)
    .option("--heads <report>", "an earlier --json report: what was there must still be there", collected)
    .option("--closed", "every chain must end with its close")
    .option("--partial", "chains that checkpoints name may be missing as a whole")
    .option("--time-tolerance <ms>", "how far times may go back", wholeNumber)
    .option("--bound", "without a key: check no more than that the receipts hold together")
    .option("-j, --jobs <n>", "check signatures in this many threads", threadCount, 1)
    .option("--json", "write the verifier's report as JSON")
    .action(async (files: string[], options: VerifyCommandOptions) => {
      const { verify } = await import("./commands/verify.ts");
      end(await verify(files, options, terminal));
    });

  reading(trusting(program.command("show")))
    .description("show what a run did: who, what, money, and why")
    .option("-r, --run <id>", "the run to show; without it the only one, or a list of all")
    .option("--json", "write the run's receipts, or the list, as JSON lines")
    .action(async (files: string[], options: ShowOptions) => {
      const { show } = await import("./commands/show.ts");
      end(await show(files, options, terminal));
    });

  reading(trusting(program.command("balances")))
    .description("show what was spent and is held of every budget, by the receipts alone")
    .option("-b, --budget <id>", "only this budget")
    .option("--json", "write JSON; amounts are whole numbers as text, usd in nano-dollars")
    .action(async (files: string[], options: BalancesOptions) => {
      const { balances } = await import("./commands/balances.ts");
      end(await balances(files, options, terminal));
    });

  reading(program.command("prove"))
    .description("write the proof that a receipt is in its chain: whoever gets it can verify it alone")
    .requiredOption("-r, --receipt <id>", "the receipt: its id, or <chain>#<sequence>")
    .action(async (files: string[], options: ProveOptions) => {
      const { prove } = await import("./commands/prove.ts");
      end(await prove(files, options, terminal));
    });

  reading(trusting(program.command("export")))
    .description("write receipts in another system's form")
    .addOption(
      new Option(
        "-f, --format <format>",
        "the form: DSSE envelopes, AGT audit entries, OTLP log records, or CSV",
      )
        .choices(exportFormats)
        .makeOptionMandatory(),
    )
    .action(async (files: string[], options: ExportOptions) => {
      const { exportReceipts } = await import("./commands/export.ts");
      end(await exportReceipts(files, options, terminal));
    });

  reading(trusting(program.command("reconcile")))
    .description("join receipts with the audit log of Microsoft's AGT, and show what is only in one of them")
    .requiredOption("--agt <file>", "AGT's audit log, as its exportJSON() wrote it")
    .option("--evaluator <name>", "the name of the evaluator that asked AGT", "agt")
    .option(
      "--kinds <kinds>",
      "the kinds of actions that AGT has a say in, as tool,llm; without it, all",
      kindList,
    )
    .option("--json", "write the report as JSON")
    .action(async (files: string[], options: ReconcileOptions) => {
      const { reconcileAgt } = await import("./commands/reconcile-agt.ts");
      end(await reconcileAgt(files, options, terminal));
    });

  program
    .command("tail")
    .description("show the last receipts of a file that is being written; does not verify them")
    .argument("<file>", "the receipt file")
    .option("-n, --lines <n>", "how many to begin with", wholeNumber, 10)
    .option("-f, --follow", "go on with each receipt that is appended, until interrupted")
    .option("-r, --run <id>", "only what this run and its children do")
    .option("--json", "write the receipts as JSON lines")
    .action(async (file: string, options: TailOptions) => {
      const { tail } = await import("./commands/tail.ts");
      end(await tail(file, options, terminal));
    });

  addLedgerCommands(program, terminal, end);
  addApprovalCommands(program, terminal, end);
  addStopCommands(program, terminal, end);
  addPolicyCommands(program, terminal, end);
  return program;
}

const filesHelp = "receipt files, one receipt a line, in the order they were written; - is standard input";

const exitCodesHelp = `
Exit codes: 0 good, 1 the receipts do not hold, 2 wrong usage or a file or store that cannot be read or written.`;

/** Adds what says where the receipts are. */
function reading(command: Command): Command {
  return storing(command.argument("[files...]", filesHelp));
}

/** Commander's messages, with their suggestions, as one line of ours. */
function oneLine(text: string): string {
  return text
    .trim()
    .replace(/^error: /, "")
    .replace(/\s*\n\s*/g, " ");
}

function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  return String((manifest as { version: unknown }).version);
}
