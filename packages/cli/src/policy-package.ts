import { CliError } from "./cli-error.ts";
import { optionalPackage } from "./optional-package.ts";

/** What the commands use of `@tollgate/policy`. */
export type PolicyPackage = typeof import("@tollgate/policy");

/** Loads `@tollgate/policy`. @throws CliError saying what to install when it is not there */
export function policyPackage(): Promise<PolicyPackage> {
  return optionalPackage(() => import("@tollgate/policy"), ["@tollgate/policy"], "a policy");
}

/** Has a secret stand as it is written, such as `${env.KEY}`: nothing that is shown may tell it. */
const references: Readonly<Record<string, string | undefined>> = new Proxy(process.env, {
  get: (env, name) => (Reflect.get(env, name) === undefined ? undefined : `\${env.${String(name)}}`),
});

/**
 * Does `work` with the policy of a file.
 *
 * @throws CliError with everything that is wrong with the policy, or the cases that `work` reads.
 */
export async function withPolicy<Result>(
  file: string,
  work: (policy: ReturnType<PolicyPackage["loadPolicy"]>, using: PolicyPackage) => Promise<Result>,
): Promise<Result> {
  const using = await policyPackage();
  let isLoaded = false;
  try {
    const policy = using.loadPolicy(file, { env: references });
    isLoaded = true;
    return await work(policy, using);
  } catch (error) {
    if (!(error instanceof using.InvalidPolicy)) throw error;
    const [first, ...others] = error.problems.map(using.problemText);
    const rest = isLoaded ? "" : `: tollgate policy lint ${file}`;
    throw new CliError(others.length === 0 ? String(first) : `${first} (and ${others.length} more${rest})`, {
      cause: error,
    });
  }
}
