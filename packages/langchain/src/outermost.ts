import { InvalidConfig } from "@tollgate/core";
import type { GraphRuntime } from "./ask-approval.ts";

/** What the middleware of this package is called in an agent. */
export const middlewareName = "tollgate";

/**
 * The same list of middleware, once it is checked that the gate's comes first, so that nothing stands outside
 * of it: `createAgent({ middleware: gateOutermost([gateMiddleware(run), modelRetryMiddleware()]) })`.
 *
 * A middleware cannot see the list that it is in. Without this check a wrong order is told at the first call
 * that is made again.
 *
 * @throws InvalidConfig naming what stands before it
 */
export function gateOutermost<const List extends readonly { readonly name: string }[]>(
  middleware: List,
): List {
  const at = middleware.findIndex(({ name }) => name === middlewareName);
  if (at !== 0) {
    const before = middleware.slice(0, Math.max(0, at)).map(({ name }) => name);
    throw new InvalidConfig(
      "middleware",
      at < 0
        ? "gateMiddleware is missing"
        : `gateMiddleware must come first, but ${before.join(", ")} stands before it`,
    );
  }
  return middleware;
}

/**
 * Notices that something outside of the gate makes the same call again, such as a retry or a fallback.
 *
 * Within one execution of a graph's task LangChain calls each hook once for a model step and once for a tool
 * call; whoever calls it again stands outside, and would turn refusals and interrupts into messages.
 */
export class Outermost {
  readonly #seen = new WeakMap<object, Set<unknown>>();
  #misplaced: InvalidConfig | null = null;

  /** Enters a call. @throws InvalidConfig when it was entered before, and ever after */
  enter({ configurable }: GraphRuntime, call: unknown): void {
    this.check();
    if (configurable === undefined) return;
    const seen = this.#seen.get(configurable);
    if (seen === undefined) this.#seen.set(configurable, new Set([call]));
    else if (seen.has(call)) {
      this.#misplaced = new InvalidConfig(
        "middleware",
        "gateMiddleware must come first, but a middleware before it makes its calls again; inside of a retry or a fallback it can stop nothing: put it first in the list (gateOutermost checks that)",
      );
      throw this.#misplaced;
    } else seen.add(call);
  }

  /** @throws InvalidConfig when it was noticed, for whoever stands outside may have swallowed it */
  check(): void {
    if (this.#misplaced !== null) throw this.#misplaced;
  }
}
