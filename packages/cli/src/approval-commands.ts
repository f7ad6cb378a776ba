import { type Command, Option } from "commander";
import { approvalStatuses } from "./approval-statuses.ts";
import type { ApprovalsAnswerOptions } from "./commands/approvals-answer.ts";
import type { ApprovalsListOptions } from "./commands/approvals-list.ts";
import { operating, storing } from "./ledger-commands.ts";
import { atLeastOne } from "./option-values.ts";
import type { Terminal } from "./terminal.ts";

/** Adds the commands that show what agents ask people, and answer it. */
export function addApprovalCommands(
  program: Command,
  terminal: Terminal,
  end: (exitCode: number) => void,
): void {
  const approvals = program.command("approvals").description("show what agents want approved, and answer it");

  storing(approvals.command("list"))
    .description("show requests for approval, the oldest first")
    .addOption(new Option("--status <status>", "which of them").choices(approvalStatuses).default("pending"))
    .option("-r, --run <id>", "only those of this run")
    .option("-n, --limit <n>", "how many, the newest", atLeastOne, 100)
    .option("--json", "write JSON")
    .action(async (options: ApprovalsListOptions) => {
      const { approvalsList } = await import("./commands/approvals-list.ts");
      end(await approvalsList(options, terminal));
    });

  for (const { name, status, description } of answers) {
    operating(approvals.command(name))
      .description(description)
      .argument("<approval>", "its id, as tollgate approvals list shows it")
      .action(async (id: string, options: ApprovalsAnswerOptions) => {
        const { approvalsAnswer } = await import("./commands/approvals-answer.ts");
        end(await approvalsAnswer(id, status, options, terminal));
      });
  }
}

const answers = [
  {
    name: "grant",
    status: "granted",
    description: "let the action through once, when its run asks again, with a receipt",
  },
  {
    name: "deny",
    status: "denied",
    description: "refuse the action to its run for good, with a receipt",
  },
] as const;
