import { logConcurrencyLaws } from "./log-concurrency-laws.ts";
import { logExampleLaws } from "./log-example-laws.ts";
import { logHistoryLaws } from "./log-history-laws.ts";
import { logQueryLaws } from "./log-query-laws.ts";
import type { LogLaw, MakeLogPlace } from "./log-under-test.ts";

export type { LogLaw, LogPlace, MakeLogPlace } from "./log-under-test.ts";

/** How hard to try. */
export interface LogLawOptions {
  /** How many histories the law over histories is tried on. @default 50 */
  readonly runs?: number;
}

/**
 * The rules of core's `ReceiptLog` interface, as a property over random histories and as examples.
 *
 * Register each with the test runner: `for (const { rule, check } of logLaws(make)) it(rule, check)`.
 */
export function logLaws(make: MakeLogPlace, options: LogLawOptions = {}): readonly LogLaw[] {
  return [
    ...logExampleLaws(make),
    ...logQueryLaws(make),
    ...logConcurrencyLaws(make),
    ...logHistoryLaws(make, options.runs ?? 50),
  ];
}
