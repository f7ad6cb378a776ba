import { printableJson, printableText } from "@tollgate/core/export";
import { broken, good } from "../cli-error.ts";
import { policyPackage } from "../policy-package.ts";
import type { Terminal } from "../terminal.ts";

/** What `tollgate policy lint` was asked for. */
export interface PolicyLintOptions {
  readonly json?: boolean;
}

/** Tells everything that is wrong with policies; 1 when something is. */
export async function policyLint(
  files: readonly string[],
  options: PolicyLintOptions,
  { out, paint }: Terminal,
): Promise<number> {
  const { lintPolicy, loadPolicy, problemText } = await policyPackage();
  const found = files.flatMap((file) => lintPolicy(file));
  if (options.json === true) {
    await out.write(`${printableJson(found)}\n`);
  } else if (found.length > 0) {
    for (const problem of found) await out.write(`${printableText(problemText(problem))}\n`);
    await out.write(paint("red", `\n${found.length} ${found.length === 1 ? "problem" : "problems"}\n`));
  } else {
    for (const file of files) {
      const { digest, ruleIds } = loadPolicy(file);
      const rules = `${ruleIds.length} ${ruleIds.length === 1 ? "rule" : "rules"}`;
      await out.write(`${paint("green", "good")}: ${printableText(file)}, ${rules}, ${digest}\n`);
    }
  }
  return found.length === 0 ? good : broken;
}
