import { findDenial, TollgateError } from "../errors.ts";

/** The marks by which the AI SDK knows an API error that it must not retry, and what else it reads of one. */
const marks: readonly (readonly [PropertyKey, unknown])[] = [
  [Symbol.for("vercel.ai.error"), true],
  [Symbol.for("vercel.ai.error.AI_APICallError"), true],
  ["isRetryable", false],
  ["url", "tollgate:"],
  ["requestBodyValues", undefined],
];

/**
 * Marks what the gate refuses so that the AI SDK, and who retries as it does, does not try it again.
 *
 * The error stays the very one that the gate threw: `instanceof ActionDenied` and `findDenial` hold at the
 * caller. Any other error is left as it is.
 */
export function markFinal<Thrown>(error: Thrown): Thrown {
  const refused = TollgateError.is(error) ? findDenial(error) : null;
  if (refused !== null) {
    for (const [mark, value] of marks) Object.defineProperty(refused, mark, { value, configurable: true });
  }
  return error;
}

/** Runs `call` and rethrows what it throws, marked by {@link markFinal}. */
export async function withFinalRefusals<T>(call: () => PromiseLike<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw markFinal(error);
  }
}
