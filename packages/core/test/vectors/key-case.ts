import type { JsonObject } from "../../src/codec/json.ts";
import type { ChainCase } from "./chain-case.ts";
import { ChainWriter, endorsementOf, type Terms } from "./chain-writer.ts";
import { timeAt } from "./sample-bodies.ts";
import { type VectorSigner, vectorSigner } from "./signed-line.ts";

/** A root key that endorses others, the key of chains, and two more. */
export const root: VectorSigner = vectorSigner(1);
export const signer: VectorSigner = vectorSigner(7);
export const second: VectorSigner = vectorSigner(8);
export const third: VectorSigner = vectorSigner(9);

/** An hour around the vectors' morning. */
export const hour: Terms = { notbefore: timeAt(0), notafter: timeAt(3_600_000) };

/** Options that trust the keys of these. */
export function trust(...signers: readonly VectorSigner[]): JsonObject {
  return { keys: signers.map(({ publicKey }) => ({ ...publicKey })) };
}

/** Makes cases of one flag. */
export function about(
  flag: string,
): (comment: string, writer: ChainWriter, options: JsonObject, expected: ChainCase["expected"]) => ChainCase {
  return (
    comment: string,
    { lines }: ChainWriter,
    options: JsonObject,
    expected: ChainCase["expected"],
  ): ChainCase => ({
    comment,
    flags: [flag],
    lines,
    options,
    expected,
  });
}

/** A chain that has no receipts yet. */
export function chain(): ChainWriter {
  return new ChainWriter({ signer });
}

/** A chain whose first key a root endorses. */
export function endorsed(terms: Partial<Terms> = {}, name = "main"): ChainWriter {
  return new ChainWriter({ signer, chain: name }).open({
    endorsement: endorsementOf(root, signer, { ...hour, ...terms }),
  });
}

/** The index and place of the break: all lines but the last are sound. */
export function at(reason: string, { lines }: ChainWriter): ChainCase["expected"] {
  return [reason, lines.length - 1, "main", lines.length - 1];
}
