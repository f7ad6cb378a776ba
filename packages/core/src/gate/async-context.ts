/** Carries a value through everything that a function calls, over any await. */
export interface AsyncContext<T> {
  get(): T | undefined;
  with<R>(value: T, fn: () => R): R;
}
