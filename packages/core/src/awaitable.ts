/** A value or a promise of one: what a store may answer with when it is local or remote. */
export type Awaitable<T> = T | PromiseLike<T>;

/** Tells a promise from a value, so that local stores and rules cost no extra turn of the event loop. */
export function isPromiseLike<T>(value: Awaitable<T>): value is PromiseLike<T> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}
