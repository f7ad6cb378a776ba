import { derived, foldText, inherited, missing } from "./strict-test.ts";

/** The fields of one context that conditions look at, each looked up once. */
export class FieldValues {
  readonly #context: Readonly<Record<string, unknown>>;
  readonly #facets: ReadonlySet<string>;
  readonly #values = new Map<string, unknown>();
  readonly #folded = new Map<string, string>();

  /** `facets` are the fields that AGT adds to by itself: what is not in them here may be there later. */
  constructor(context: Readonly<Record<string, unknown>>, facets: ReadonlySet<string>) {
    this.#context = context;
    this.#facets = facets;
  }

  /** The value at a path, or one of the symbols that say why there is none. */
  value(path: string): unknown {
    const known = this.#values.get(path);
    if (known !== undefined) return known;
    const value = this.#lookUp(path.split("."));
    this.#values.set(path, value);
    return value;
  }

  /** {@link foldText} of the value at a path. */
  folded(path: string): string {
    const known = this.#folded.get(path);
    if (known !== undefined) return known;
    const folded = foldText(String(this.value(path)));
    this.#folded.set(path, folded);
    return folded;
  }

  #lookUp(parts: readonly string[]): unknown {
    let current: unknown = this.#context;
    for (const part of parts) {
      // AGT looks no further into texts and numbers either.
      if (typeof current !== "object" || current === null) return missing;
      if (!Object.hasOwn(current, part)) {
        if (this.#facets.has(parts[0] ?? "")) return derived;
        return part in current ? inherited : missing;
      }
      current = (current as Readonly<Record<string, unknown>>)[part];
    }
    return current === undefined ? missing : current;
  }
}
