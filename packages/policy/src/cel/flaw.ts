/** Something that is wrong with an expression: where, counted in characters from its beginning, and what. */
export interface Flaw {
  readonly offset: number;
  readonly message: string;
}

/** The message for a name that does not exist, with the one that was probably meant. */
export function unknownName(what: string, meant: string | null, known: readonly string[]): string {
  return `there is no ${what}; ${meant === null ? `there are ${known.join(", ")}` : `did you mean ${meant}?`}`;
}
