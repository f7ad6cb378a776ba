import type { Command } from "commander";
import type { PolicyDiffOptions } from "./commands/policy-diff.ts";
import type { PolicyExplainOptions } from "./commands/policy-explain.ts";
import type { PolicyImportOptions } from "./commands/policy-import-agt.ts";
import type { PolicyLintOptions } from "./commands/policy-lint.ts";
import type { PolicyTestOptions } from "./commands/policy-test.ts";
import { storing } from "./ledger-commands.ts";
import { collected } from "./option-values.ts";
import type { Terminal } from "./terminal.ts";

/** Adds the commands that check a policy, and tell what it would decide. */
export function addPolicyCommands(
  program: Command,
  terminal: Terminal,
  end: (exitCode: number) => void,
): void {
  const policy = program.command("policy").description("check a tollgate.yaml, and tell what it decides");

  policy
    .command("lint")
    .description("find everything that is wrong with policies, by file, line and column")
    .argument("<policy...>", "the files, such as tollgate.yaml")
    .option("--json", "write what is wrong as JSON")
    .action(async (files: string[], options: PolicyLintOptions) => {
      const { policyLint } = await import("./commands/policy-lint.ts");
      end(await policyLint(files, options, terminal));
    });

  policy
    .command("test")
    .description("ask a policy about cases, and tell which of its rules none of them reaches")
    .argument("<policy>", "the file, such as tollgate.yaml")
    .argument("<cases...>", "files of cases: actions and what is to be decided about them")
    .option("--covered", "fail when a rule matches in no case")
    .option("--json", "write what became of each case as JSON")
    .action(async (file: string, cases: string[], options: PolicyTestOptions) => {
      const { policyTest } = await import("./commands/policy-test.ts");
      end(await policyTest(file, cases, options, terminal));
    });

  policy
    .command("explain")
    .description("tell which rules look at an action, and why it is decided so")
    .argument("<policy>", "the file, such as tollgate.yaml")
    .argument("<case>", "a file with a case, or the case: '{ action: { kind: tool, name: pay } }'")
    .option("--json", "write JSON")
    .action(async (file: string, text: string, options: PolicyExplainOptions) => {
      const { policyExplain } = await import("./commands/policy-explain.ts");
      end(await policyExplain(file, text, options, terminal));
    });

  storing(policy.command("diff"))
    .description(
      "make past decisions again under a policy, and show which would change and for how much money",
    )
    .argument("<policy>", "the file, such as tollgate.yaml")
    .argument("[receipts...]", "receipt files, one receipt a line, in the order they were written")
    .option("-k, --key <file>", "a public key that you trust; may be given several times", collected)
    .option("--trimmed", "the beginnings of chains may have been dropped, up to one of their checkpoints")
    .option("--json", "write JSON; amounts are whole numbers as text, in nano-dollars")
    .action(async (file: string, receipts: string[], options: PolicyDiffOptions) => {
      const { policyDiff } = await import("./commands/policy-diff.ts");
      end(await policyDiff(file, receipts, options, terminal));
    });

  policy
    .command("import-agt")
    .description(
      "make a tollgate.yaml of a policy of Microsoft's Agent Governance Toolkit that decides the same",
    )
    .argument("<file>", "a policy as its PolicyEngine loads it, in YAML or JSON")
    .option("-o, --out <file>", "the file to write, which must not be there yet; without it, stdout")
    .action(async (file: string, options: PolicyImportOptions) => {
      const { policyImportAgt } = await import("./commands/policy-import-agt.ts");
      end(await policyImportAgt(file, options, terminal));
    });
}
