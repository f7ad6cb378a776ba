import { findDenial, TollgateError } from "@tollgate/core";

/**
 * Gives a refusal the marks by which the AI SDK knows an API error that it must not retry.
 *
 * It stays the very error that the gate threw: `instanceof ActionDenied` and `findDenial` hold at the caller.
 * Anything else is answered as it is.
 */
export function toDenial(error: unknown): unknown {
  const refused = TollgateError.is(error) ? findDenial(error) : null;
  if (refused === null) return error;
  const marks: { [Mark in string | symbol]: unknown } = {
    [Symbol.for("vercel.ai.error")]: true,
    [Symbol.for("vercel.ai.error.AI_APICallError")]: true,
    isRetryable: false,
    // What else code that knows the AI SDK's API errors looks at.
    url: "tollgate:",
    requestBodyValues: undefined,
  };
  for (const mark of Reflect.ownKeys(marks)) {
    Object.defineProperty(refused, mark, { value: marks[mark], configurable: true });
  }
  return refused;
}

/** Runs `call` and rethrows what the gate refuses in the AI SDK's terms. */
export async function withDenials<T>(call: () => PromiseLike<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw toDenial(error);
  }
}
