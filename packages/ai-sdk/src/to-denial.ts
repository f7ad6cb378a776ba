import { findDenial, TollgateError } from "@tollgate/core";

/** The marks by which the AI SDK knows an API error that it must not retry, and what else it reads of one. */
const marks: readonly (readonly [PropertyKey, unknown])[] = [
  [Symbol.for("vercel.ai.error"), true],
  [Symbol.for("vercel.ai.error.AI_APICallError"), true],
  ["isRetryable", false],
  ["url", "tollgate:"],
  ["requestBodyValues", undefined],
];

/**
 * Runs `call` and rethrows what the gate refuses so that the AI SDK does not try it again.
 *
 * The error stays the very one that the gate threw: `instanceof ActionDenied` and `findDenial` hold at the
 * caller. Any other error is rethrown as it is.
 */
export async function withDenials<T>(call: () => PromiseLike<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    const refused = TollgateError.is(error) ? findDenial(error) : null;
    if (refused !== null) {
      for (const [mark, value] of marks) Object.defineProperty(refused, mark, { value, configurable: true });
    }
    throw error;
  }
}
