import { InvalidConfig } from "@tollgate/core";

/** One thing that is wrong with a policy, and where. */
export interface PolicyProblem {
  /** The file, or `policy` for a policy that is text. */
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  readonly column: number;
  /** What is wrong, and what would be right. */
  readonly message: string;
}

/** A policy that cannot be used; it tells everything that is wrong with it at once. */
export class InvalidPolicy extends InvalidConfig {
  readonly problems: readonly PolicyProblem[];

  constructor(problems: readonly PolicyProblem[], options?: { readonly cause?: unknown }) {
    super("policy", ["it cannot be used", ...problems.map(problemText)].join("\n"), options);
    this.name = "InvalidPolicy";
    this.problems = problems;
  }
}

/** A problem as one line: `tollgate.yaml:12:11: there is no "actoin"; did you mean action?` */
export function problemText({ file, line, column, message }: PolicyProblem): string {
  return `${file}:${line}:${column}: ${message}`;
}
