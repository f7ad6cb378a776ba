import type { JsonObject, JsonValue } from "../../src/codec/json.ts";

/** One case before it has its number. */
export interface VectorTest {
  /** What is special about it, for a person. */
  readonly comment: string;
  /** Names of the file's notes. */
  readonly flags: readonly string[];
  readonly result: "valid" | "invalid";
  /** Why it is invalid, from a closed set; valid ones have none. */
  readonly reason?: string;
  readonly [member: string]: JsonValue | undefined;
}

/** Cases that share a type, and members such as keys. */
export interface VectorGroup {
  readonly type: string;
  readonly tests: readonly VectorTest[];
  readonly [member: string]: unknown;
}

/** A file of vectors as its maker describes it. */
export interface VectorFileContent {
  /** What is tested. */
  readonly algorithm: string;
  readonly header: readonly string[];
  /** What the flags mean; every one is used, and none is used that is not here. */
  readonly notes: Readonly<Record<string, string>>;
  readonly groups: readonly VectorGroup[];
}

/** The version of the receipt format that the vectors are for. */
const formatVersion = 1;

/**
 * Numbers the cases and writes the file, shaped like Project Wycheproof's.
 *
 * @throws Error when a reason or a note is missing or too many: nobody reads a file that contradicts itself.
 */
export function writeVectorFile(
  name: string,
  { algorithm, header, notes, groups }: VectorFileContent,
): string {
  let tcId = 0;
  const used = new Set<string>();
  const testGroups = groups.map(({ type, tests, ...rest }) => ({
    type,
    ...rest,
    tests: tests.map(({ comment, flags, result, reason, ...members }) => {
      tcId += 1;
      if ((result === "invalid") !== (reason !== undefined)) {
        throw new Error(`${name}: "${comment}": exactly the invalid ones have a reason`);
      }
      for (const flag of flags) {
        if (notes[flag] === undefined) throw new Error(`${name}: "${comment}": there is no note ${flag}`);
        used.add(flag);
      }
      return { tcId, comment, flags, ...members, result, ...(reason === undefined ? {} : { reason }) };
    }),
  }));
  const unused = Object.keys(notes).filter((flag) => !used.has(flag));
  if (unused.length > 0) throw new Error(`${name}: nothing is flagged ${unused.join(", ")}`);
  const file = {
    schema: `schemas/vectors/${name}.schema.json`,
    format: "tollgate-receipts",
    formatVersion,
    algorithm,
    generator: "npm run vectors",
    numberOfTests: tcId,
    header,
    notes: Object.fromEntries(Object.entries(notes).map(([flag, description]) => [flag, { description }])),
    testGroups,
  };
  return `${JSON.stringify(file, null, 2)}\n`;
}

/** A case that must pass. */
export function valid(comment: string, flags: readonly string[], members: JsonObject): VectorTest {
  return { comment, flags, ...members, result: "valid" };
}

/** A case that must be refused for `reason`. */
export function invalid(
  comment: string,
  flags: readonly string[],
  reason: string,
  members: JsonObject,
): VectorTest {
  return { comment, flags, ...members, result: "invalid", reason };
}
