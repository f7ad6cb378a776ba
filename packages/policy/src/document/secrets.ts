import { isScalar, type Node, type Scalar, visit } from "yaml";
import { report } from "./read-nodes.ts";
import type { Source } from "./source.ts";

const reference = /^\$\{env\.([A-Za-z_][A-Za-z0-9_]*)\}$/;

/** Where secrets come from. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Takes texts such as `${env.NAME}` from the environment, in the parameters of a degrade alone: nothing else of a
 * policy depends on where it is loaded, so that its digest says what it is.
 */
export class Secrets {
  readonly #environment: Environment;
  readonly #allowed = new Set<Scalar>();

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  /** Parameters as plain data, with secrets in their places. */
  plainOf(source: Source, node: Node, plain: unknown): unknown {
    visit(node as Parameters<typeof visit>[0], {
      Scalar: (where, scalar) => {
        if (where !== "key") this.#allow(source, scalar);
      },
    });
    return this.#filled(plain);
  }

  /** Notes every reference to the environment that stands elsewhere. */
  checkRest(source: Source): void {
    if (source.root === null) return;
    visit(source.root, {
      Scalar: (_, scalar) => {
        if (this.#allowed.has(scalar) || typeof scalar.value !== "string") return;
        if (!scalar.value.includes("${")) return;
        report(
          source,
          scalar,
          "the environment is read for secrets only, as a whole text in the params of a degrade; write the value",
        );
      },
    });
  }

  #allow(source: Source, scalar: Scalar): void {
    if (!isScalar(scalar) || typeof scalar.value !== "string") return;
    const name = reference.exec(scalar.value)?.[1];
    if (name === undefined) return;
    this.#allowed.add(scalar);
    if (this.#environment[name] === undefined) {
      report(source, scalar, `the environment has no ${name}; set it before the policy is loaded`);
    }
  }

  #filled(value: unknown): unknown {
    if (typeof value === "string") {
      const name = reference.exec(value)?.[1];
      return name === undefined ? value : (this.#environment[name] ?? "");
    }
    if (Array.isArray(value)) return value.map((item) => this.#filled(item));
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, this.#filled(item)]));
  }
}
