import { writeFile } from "node:fs/promises";
import { printableText } from "@tollgate/core/export";
import { broken, CliError, good, systemCause } from "../cli-error.ts";
import { optionalPackage } from "../optional-package.ts";
import { policyPackage } from "../policy-package.ts";
import { readAgtPolicy } from "../read-agt-policy.ts";
import type { Terminal } from "../terminal.ts";

/** What `tollgate policy import-agt` was asked for. */
export interface PolicyImportOptions {
  readonly out?: string;
}

/** Makes a `tollgate.yaml` of a policy of AGT's, or tells all that stands against it: 1 then. */
export async function policyImportAgt(
  file: string,
  options: PolicyImportOptions,
  { out, paint, note }: Terminal,
): Promise<number> {
  const { importAgtPolicy } = await optionalPackage(
    () => import("@tollgate/agt"),
    ["@tollgate/agt"],
    "importing a policy of AGT's",
  );
  const { loadPolicy, InvalidPolicy } = await policyPackage();
  const { text, findings } = importAgtPolicy(await readAgtPolicy(file));
  let refused = findings.map(({ where, problem }) => `${file}: ${where}: ${problem}`);
  if (text !== null) {
    try {
      loadPolicy(text);
    } catch (error) {
      if (!(error instanceof InvalidPolicy)) throw error;
      refused = error.problems.map(
        ({ line, message }) => `${file}: ${ruleAt(text, line)} as it would be written: ${message}`,
      );
    }
  }
  if (text === null || refused.length > 0) {
    for (const line of refused) await out.write(`${printableText(line)}\n`);
    await out.write(paint("red", `\n${refused.length} ${refused.length === 1 ? "problem" : "problems"}\n`));
    return broken;
  }
  if (options.out === undefined) {
    await out.write(text);
    return good;
  }
  await writeFile(options.out, text, { flag: "wx" }).catch((error: unknown) => {
    throw new CliError(`cannot write the policy to ${options.out}: ${systemCause(error)}`, { cause: error });
  });
  note(`the policy is in ${options.out}`);
  return good;
}

/** The rule that stands at a line of the policy. */
function ruleAt(text: string, line: number): string {
  const start = /^ {2}- id: '?(.*?)'?$/;
  const found = text.split("\n", line).findLast((each) => start.test(each));
  return found === undefined ? "the policy" : `rule "${start.exec(found)?.[1]}"`;
}
