import { printableJson, printableText } from "@tollgate/core/export";
import type { AskedRule } from "@tollgate/policy";
import { CliError, good } from "../cli-error.ts";
import { withPolicy } from "../policy-package.ts";
import { type Column, tableText } from "../table.ts";
import type { Terminal } from "../terminal.ts";

/** What `tollgate policy explain` was asked for. */
export interface PolicyExplainOptions {
  readonly json?: boolean;
}

/** Tells which rules look at an action, what became of each, and what is decided. */
export function policyExplain(
  file: string,
  text: string,
  options: PolicyExplainOptions,
  { out, paint }: Terminal,
): Promise<number> {
  return withPolicy(file, async (policy, { explainCase, readCases }) => {
    const [found, ...others] = readCases(text);
    if (found === undefined || others.length > 0) {
      throw new CliError(`${text} has ${others.length + (found === undefined ? 0 : 1)} cases; give one`);
    }
    const explanation = await explainCase(policy, found);
    if (options.json === true) {
      await out.write(`${printableJson({ ...explanation, policy: policy.digest })}\n`);
      return good;
    }
    const { verdict, by, rules } = explanation;
    const isStop = verdict.decision === "deny" && verdict.terminal === true;
    await out.write(`${paint("bold", isStop ? "stop" : verdict.decision)} by ${by}`);
    await out.write(verdict.rule === undefined ? "\n" : `, rule ${printableText(verdict.rule)}\n`);
    if (verdict.reason !== undefined) await out.write(`${printableText(verdict.reason)}\n`);
    const passed = policy.ruleIds.length - rules.length;
    if (rules.length > 0) await out.write(`\n${tableText(columns, rules, paint)}`);
    if (passed > 0) {
      const what = passed === 1 ? "rule is" : "rules are";
      await out.write(paint("dim", `\n${passed} more ${what} not about actions of this kind and name\n`));
    }
    return good;
  });
}

const columns: readonly Column<AskedRule>[] = [
  { title: "RULE", text: ({ rule }) => rule },
  { title: "PRIORITY", pad: "start", text: ({ priority }) => String(priority) },
  { title: "ANSWER", text: ({ answer }) => (answer === "failed" ? "denied: no value" : answerText(answer)) },
  { title: "", text: ({ problem }) => problem ?? "" },
];

function answerText(answer: AskedRule["answer"]): string {
  return answer === "unasked" ? "not asked: decided before" : answer;
}
