import { findDenial, TollgateError } from "@tollgate/core";

/**
 * Runs `call` and rethrows what the gate refuses so that LangGraph's default retry policy leaves it alone.
 *
 * The error stays the very one that the gate threw; it gets a `status` of 403, which that policy does not
 * retry. Any other error is rethrown as it is.
 */
export async function withDenials<T>(call: () => PromiseLike<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    const refused = TollgateError.is(error) ? findDenial(error) : null;
    if (refused !== null) Object.defineProperty(refused, "status", { value: 403, configurable: true });
    throw error;
  }
}
