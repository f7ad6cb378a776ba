import { type AcceptPolicy, InvalidConfig, type PolicyInForce } from "@tollgate/core";
import { nameOf } from "./document/find-files.ts";
import { InvalidPolicy, type PolicyProblem } from "./document/problem.ts";
import { problemPlace } from "./document/problem-place.ts";
import type { PolicyDocument } from "./document/read-document.ts";

/** After how many new gates those that are gone are forgotten. */
const forgetEvery = 64;

/** The gates that have a policy: none of them is handed one that it cannot use. */
export class PolicyGates {
  readonly #known = new WeakSet<AcceptPolicy>();
  /** A policy must not keep a gate that nobody else has any more. */
  #gates: WeakRef<AcceptPolicy>[] = [];

  /** Notes a gate, by what tells whether it can use another policy. */
  add(accept: AcceptPolicy): void {
    if (this.#known.has(accept)) return;
    this.#known.add(accept);
    this.#gates.push(new WeakRef(accept));
    if (this.#gates.length % forgetEvery === 0) {
      this.#gates = this.#gates.filter((gate) => gate.deref() !== undefined);
    }
  }

  /** @throws InvalidPolicy when one of the gates cannot use the policy. */
  check(document: PolicyDocument, next: PolicyInForce): void {
    for (const gate of this.#gates) {
      try {
        gate.deref()?.(next);
      } catch (error) {
        if (!(error instanceof InvalidConfig)) throw error;
        throw new InvalidPolicy([problemOf(error, document)], { cause: error });
      }
    }
  }
}

/** What a gate has against a policy, at the budget that it is about, if it is about one. */
function problemOf({ field, message }: InvalidConfig, document: PolicyDocument): PolicyProblem {
  const why = message.slice(field.length + 2);
  const [part] = field.split("[");
  const name = /^"([^"]*)"/.exec(why)?.[1];
  const budget = part === "budgets" ? document.budgets.find(({ budget: { id } }) => id === name) : undefined;
  if (budget !== undefined) {
    const { source, node } = budget;
    return {
      file: source.file,
      ...problemPlace(source.place(node)),
      message: `a gate with this policy has a budget "${name}" of its own; give one of them another id`,
    };
  }
  const [path] = document.files;
  return {
    file: path === undefined ? "policy" : nameOf(path),
    line: 1,
    column: 1,
    message:
      part === "evaluators"
        ? `a gate with this policy has an evaluator "${name}" of its own, as the policy has; give the gate's another name`
        : `a gate with this policy cannot use it: ${message}`,
  };
}
