import type { JsonObject } from "../../src/codec/json.ts";
import type { ChainCase } from "./chain-case.ts";
import { ChainWriter, closed, decisionOf, settlementOf, stopped } from "./chain-writer.ts";
import { type VectorSigner, vectorSigner } from "./signed-line.ts";

/** Whose keys the chain is under: the first, the second from 5 on; and one that it never is. */
export const signer: VectorSigner = vectorSigner(7);
export const second: VectorSigner = vectorSigner(8);
export const stranger: VectorSigner = vectorSigner(9);

/** Options that trust the first key, and allow that chains lack their beginnings. */
export const trimming: JsonObject = { keys: [{ ...signer.publicKey }], trimmed: true };

/** The beginning of the chain that is trimmed: two keys, and a checkpoint under each. */
export function beginning(): ChainWriter {
  const writer = new ChainWriter({ signer }).open();
  writer.write(decisionOf(1), settlementOf(1), stopped);
  writer.write(writer.checkpoint());
  writer.rotate(second).write(stopped, decisionOf(7));
  return writer.write(writer.checkpoint());
}

/**
 * The chain that is trimmed: 0 key, 1 decision, 2 its settlement, 3 stop, 4 checkpoint, 5 key, 6 stop, 7 decision,
 * 8 checkpoint, 9 stop, 10 settlement of 7, 11 checkpoint, 12 close.
 */
export const whole: ChainWriter = beginning().write(stopped, settlementOf(7));
whole.write(whole.checkpoint()).write(closed);

/** Some lines of it, in this order. */
export function pick(...seqs: readonly number[]): readonly string[] {
  return seqs.map((seq) => whole.lines[seq] ?? "");
}

/** All its lines from one on. */
export function since(seq: number): readonly string[] {
  return whole.lines.slice(seq);
}

/** A case that holds. */
export function good(
  flag: string,
  comment: string,
  lines: readonly string[],
  options: JsonObject = trimming,
): ChainCase {
  const expected = options.keys === undefined ? "bound" : "authentic";
  return { comment, flags: [flag], lines, options, expected };
}

/** A case that does not: why, at which line, and which sequence number was due there. */
export function bad(
  flag: string,
  comment: string,
  lines: readonly string[],
  [reason, index, seq, chain = "main"]: readonly [string, number, number, string?],
  options: JsonObject = trimming,
): ChainCase {
  return { comment, flags: [flag], lines, options, expected: [reason, index, chain, seq] };
}
