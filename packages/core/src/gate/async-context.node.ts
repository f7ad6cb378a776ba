import { AsyncLocalStorage } from "node:async_hooks";
import type { AsyncContext } from "./async-context.ts";

/** An async context over Node's AsyncLocalStorage. */
export function createAsyncContext<T>(): AsyncContext<T> {
  const storage = new AsyncLocalStorage<T>();
  return {
    get: () => storage.getStore(),
    with: (value, fn) => storage.run(value, fn),
  };
}
