import { TollgateError } from "../errors.ts";
import type { AsyncContext } from "./async-context.ts";

/** The part of AsyncLocalStorage that is used; edge runtimes have it as a global. */
interface Storage<T> {
  getStore(): T | undefined;
  run<R>(value: T, fn: () => R): R;
}

/**
 * An async context over a global AsyncLocalStorage, where the runtime has one.
 *
 * Elsewhere `with` throws rather than attribute actions to the wrong run: pass the run explicitly there.
 */
export function createAsyncContext<T>(): AsyncContext<T> {
  const Storage = (globalThis as { AsyncLocalStorage?: new <V>() => Storage<V> }).AsyncLocalStorage;
  if (Storage === undefined) {
    return {
      get: () => undefined,
      with: () => {
        throw new TollgateError(
          "invalid_config",
          "withRun needs AsyncLocalStorage, which this runtime does not have: pass the run to the adapter instead",
        );
      },
    };
  }
  const storage = new Storage<T>();
  return {
    get: () => storage.getStore(),
    with: (value, fn) => storage.run(value, fn),
  };
}
