import type { Amount } from "@tollgate/core";
import type { Adjustment } from "@tollgate/core/driver";
import { parseAmount } from "@tollgate/core/export";
import { CliError, isTollgateError } from "./cli-error.ts";

/**
 * Reads what is to be added to what was spent: a top-up or refund takes the amount off it, a correction has a sign.
 *
 * @throws CliError when the amount cannot be read, is zero, or has a sign where there is none to have.
 */
export function readAdjusted(kind: Adjustment["kind"], text: string): Amount {
  const sign = /^[+-]/.exec(text)?.[0] ?? "";
  if (kind === "correction" && sign === "") {
    throw new CliError(
      `${text} has no sign: '+$5.00' books $5.00 more as spent, '-$5.00' takes $5.00 of what was spent back`,
    );
  }
  if (kind !== "correction" && sign !== "") {
    throw new CliError(`${text} has a sign: what is put in or given back is written without one`);
  }
  const { unit, amount } = read(text.slice(sign.length).trim());
  if (amount === 0n) throw new CliError(`${text} changes nothing`);
  return { unit, amount: sign === "+" ? amount : -amount };
}

function read(text: string): Amount {
  try {
    return parseAmount(text, "amount");
  } catch (error) {
    if (!isTollgateError(error)) throw error;
    // To a shell $5 is a variable of its own.
    const hint = /^\.|^$/.test(text)
      ? "; put it in single quotes, for a shell takes $5 for something else"
      : "";
    throw new CliError(`${error.message}${hint}`, { cause: error });
  }
}
