import { strict as assert } from "node:assert";
import { findDenial, type RefusedError } from "@tollgate/core";
import type { AdapterDriver, Bench, Operation, Surface } from "./adapter-driver.ts";
import { type BenchOptions, type Books, withBench } from "./bench.ts";

/** One rule that an adapter must keep at one surface. */
export interface AdapterRow {
  readonly surface: Surface;
  readonly rule: string;
  /** What the adapter must be able to do for the rule to be asked of it. */
  readonly needs: "enforces" | "observes";
  /** Rejects when the operation breaks the rule; what nobody waits for may take `patienceMs`. */
  check(operation: Operation, patienceMs?: number): Promise<void>;
}

/** Makes a row: sets its bench up, does what it does, then checks the books, as after every row. */
export function row(
  surface: Surface,
  rule: string,
  needs: AdapterRow["needs"],
  options: BenchOptions,
  use: (perform: () => Promise<unknown>, bench: Bench, books: () => Promise<Books>) => Promise<void>,
): AdapterRow {
  return {
    surface,
    rule,
    needs,
    check: (operation, patienceMs) =>
      withBench(options, (bench, books) => use(() => operation(bench), bench, books), patienceMs),
  };
}

/** Why a row is not asked of a driver, or null when it is. */
export function skipReason({ surface, needs }: AdapterRow, driver: AdapterDriver): string | null {
  const coverage = driver.surfaces[surface];
  if (coverage.coverage === "enforces" || coverage.coverage === needs) return null;
  return `${coverage.coverage}: ${coverage.why}; to close it: ${coverage.close}`;
}

/**
 * Asks a row of a driver, and waits `patienceMs` for what nobody tells of; less than usual suits a driver that
 * breaks the row.
 *
 * @throws when the driver breaks it, or when it is not to be asked.
 */
export async function runRow(asked: AdapterRow, driver: AdapterDriver, patienceMs?: number): Promise<void> {
  const coverage = driver.surfaces[asked.surface];
  const reason = skipReason(asked, driver);
  if (reason !== null || coverage.coverage === "not covered") throw new Error(`not to be asked: ${reason}`);
  await asked.check(coverage.perform, patienceMs);
}

/** Expects an operation to fail with the gate's own refusal somewhere in its error, and answers it. */
export async function refusalOf(operation: Promise<unknown>): Promise<RefusedError> {
  const error = await operation.then(
    () => assert.fail("the operation went through although it was refused"),
    (error: unknown) => error,
  );
  const refusal = findDenial(error);
  if (refusal === null)
    throw new Error("the caller cannot find the gate's refusal in the error", { cause: error });
  return refusal;
}
