import { findDenial, type RefusedError, TollgateError } from "@tollgate/core";

/** The mark by which LangChain knows an error that must not be retried (`@langchain/core/errors`). */
const retryable = Symbol.for("langchain.errors.retryable");

/**
 * The same refusal, marked so that LangChain's own clients and retry middleware do not try it again.
 *
 * It stays the very error that the gate threw: `instanceof ActionDenied` and `findDenial` hold at the caller.
 */
export function asFinal<Thrown>(error: Thrown): Thrown {
  if (TollgateError.is(error)) {
    Object.defineProperty(error, retryable, { value: false, configurable: true });
  }
  return error;
}

/**
 * For `onFailedAttempt` of LangChain's `withRetry`: ends the retrying when the gate has refused.
 *
 * Without it a refused call is decided anew for each attempt, to no avail. Models of `gateModel` need none.
 *
 * @throws the refusal, as LangChain expects of a handler that wants no further attempt
 */
export function stopOnRefusal(error: unknown): void {
  const refusal: RefusedError | null = findDenial(error);
  if (refusal !== null) throw error;
}
