import { printableJson, printableText } from "@tollgate/core/export";
import type { CaseResult } from "@tollgate/policy";
import { broken, good } from "../cli-error.ts";
import { withPolicy } from "../policy-package.ts";
import type { Terminal } from "../terminal.ts";

/** What `tollgate policy test` was asked for. */
export interface PolicyTestOptions {
  readonly covered?: boolean;
  readonly json?: boolean;
}

/** Asks a policy about cases; 1 when one of them is answered otherwise than it expects. */
export function policyTest(
  file: string,
  caseFiles: readonly string[],
  options: PolicyTestOptions,
  { out, paint }: Terminal,
): Promise<number> {
  return withPolicy(file, async (policy, { readCases, testPolicy }) => {
    const test = await testPolicy(policy, caseFiles.flatMap(readCases));
    const { results, failed, rules, uncovered } = test;
    if (options.json === true) {
      await out.write(`${printableJson(test)}\n`);
    } else {
      for (const result of results) {
        const mark = result.passed ? paint("green", "pass") : paint("red", "FAIL");
        await out.write(`${mark}  ${printableText(result.name)}\n`);
        if (!result.passed) await out.write(`      ${printableText(failureText(result))}\n`);
      }
      await out.write(`\n${results.length - failed} passed, ${failed} failed; `);
      await out.write(`${rules.length - uncovered.length} of ${rules.length} rules covered\n`);
      for (const id of uncovered) {
        await out.write(`${paint("yellow", "not covered")}: rule ${printableText(id)} matches in no case\n`);
      }
    }
    return failed === 0 && !(options.covered === true && uncovered.length > 0) ? good : broken;
  });
}

function failureText({ file, line, expected, answered, expectedRule, rule, reason }: CaseResult): string {
  const said = (outcome: string | null, by: string | null): string =>
    [outcome, by === null ? null : `by ${by}`].filter((part) => part !== null).join(" ");
  const why = reason === "" ? "" : ` (${reason})`;
  return `${file}:${line}: expected ${said(expected, expectedRule)}, got ${said(answered, rule)}${why}`;
}
