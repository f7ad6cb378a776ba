import { derived, foldText, inherited, missing } from "./strict-test.ts";

/** A field as tests see it. */
export interface Field {
  /** Its value, or one of the symbols that say why there is none. */
  readonly value: unknown;
  /** {@link foldText} of the value. */
  readonly folded: () => string;
}

/** The fields of one context that conditions look at, each looked up once. */
export class FieldValues {
  readonly #context: Readonly<Record<string, unknown>>;
  readonly #facets: ReadonlySet<string>;
  readonly #found = new Map<string, Field>();

  /** `facets` are the fields that AGT adds to by itself: what is not in them here may be there later. */
  constructor(context: Readonly<Record<string, unknown>>, facets: ReadonlySet<string>) {
    this.#context = context;
    this.#facets = facets;
  }

  /** The field at a path. */
  at(path: string): Field {
    const known = this.#found.get(path);
    if (known !== undefined) return known;
    const value = this.#lookUp(path.split("."));
    let text: string | null = null;
    const folded = (): string => {
      text ??= foldText(String(value));
      return text;
    };
    const found = { value, folded };
    this.#found.set(path, found);
    return found;
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
