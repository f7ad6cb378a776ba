import type { JsonObject, JsonValue } from "../../src/codec/json.ts";
import { MerkleFrontier } from "../../src/receipt/merkle.ts";
import type { ChainCase } from "./chain-case.ts";
import { ChainWriter, closed, noteOf, stopped } from "./chain-writer.ts";
import { anyDigest } from "./sample-bodies.ts";
import { vectorSigner } from "./signed-line.ts";

const [signer, second] = [vectorSigner(7), vectorSigner(8)] as const;
const trusting: JsonObject = { keys: [signer, second].map(({ publicKey }) => ({ ...publicKey })) };

/** Cases about checkpoints, and the chains that they name. */
export const checkpointCases: readonly ChainCase[] = [...sound(), ...unsound(), ...names()];

/** A chain that has no receipts yet. */
function chain(name = "main"): ChainWriter {
  return new ChainWriter({ signer, chain: name });
}

/** Makes cases of one flag; they trust both keys unless told otherwise. */
function about(flag: string) {
  return (
    comment: string,
    lines: readonly string[],
    expected: ChainCase["expected"],
    options: JsonObject = trusting,
  ): ChainCase => ({ comment, flags: [flag], lines, options, expected });
}

/** The chain with a checkpoint as its next receipt. */
function checked(writer: ChainWriter, more: JsonObject = {}, without?: string): ChainWriter {
  const { [without ?? ""]: _left, ...content } = writer.checkpoint(more) as Record<string, JsonValue>;
  return writer.write(content);
}

function sound(): readonly ChainCase[] {
  const checkpoint = about("Checkpoint");
  const sizes = Array.from({ length: 8 }, (_, size) => {
    const writer = chain().open();
    for (let n = 0; n < size; n++) writer.write(stopped);
    return checkpoint(`a checkpoint of ${size + 1}`, checked(writer).lines, "authentic");
  });
  const two = checked(checked(chain().open()).write(stopped)).write(closed);
  const rotated = checked(chain().open().rotate(second).write(stopped));
  const unnamed = checked(chain("two words").open(), {}, "note");
  return [
    ...sizes,
    checkpoint("two checkpoints and a close", two.lines, "authentic"),
    checkpoint("without a note", checked(chain().open(), {}, "note").lines, "authentic"),
    checkpoint("of a chain whose name cannot stand in a note", unnamed.lines, "authentic"),
    checkpoint(
      "of a chain with a name beyond ASCII",
      checked(chain("\u00e9\u{1f600}").open()).lines,
      "authentic",
    ),
    checkpoint("under a key that was handed over to", rotated.lines, "authentic"),
    checkpoint("nobody said whom to trust", two.lines, "bound", {}),
    checkpoint("no other chains", checked(chain().open(), { heads: [] }).lines, "authentic"),
  ];
}

function unsound(): readonly ChainCase[] {
  const bad = (
    comment: string,
    more: JsonObject,
    writer = chain().open().write(stopped, stopped),
  ): ChainCase => {
    const { lines } = checked(writer, more);
    const at = lines.length - 1;
    return about("BadCheckpoint")(comment, lines, ["bad_checkpoint", at, writer.chain, at]);
  };
  const { tree, lines } = chain().open().write(stopped, stopped);
  const size = tree.size;
  const root = tree.root();
  const rootOf = (...leaves: readonly string[]): string => {
    const other = new MerkleFrontier();
    for (const leaf of leaves) other.append(leaf);
    return other.root();
  };
  const [a = "", b = "", c = ""] = lines;
  const signed = (head: { readonly size: number; readonly root: string }): JsonObject => ({
    ...head,
    note: noteOf(signer, { chain: "main", ...head }),
  });
  const ours = noteOf(signer, { chain: "main", size, root });
  const changedBody = chain().open().write(stopped);
  const stale = changedBody.checkpoint();
  const head = (name: string, seq = 0): JsonObject => ({ chain: name, seq, digest: anyDigest("0") });
  return [
    bad("a size that is too small", signed({ size: size - 1, root })),
    bad("a size that is too large", signed({ size: size + 1, root })),
    bad("a size of 0", signed({ size: 0, root })),
    bad("another root", signed({ size, root: anyDigest("0") })),
    bad("the root of an empty tree", signed({ size, root: rootOf() })),
    bad("the root without the last receipt", signed({ size, root: rootOf(a, b) })),
    bad("the root in another order", signed({ size, root: rootOf(b, a, c) })),
    bad(
      "the root over lines with their line feeds",
      signed({ size, root: rootOf(`${a}\n`, `${b}\n`, `${c}\n`) }),
    ),
    bad(
      "the digest of the last receipt",
      signed({ size, root: `${JSON.parse(chain().open().write(stopped, stopped).next(stopped)).body.prev}` }),
    ),
    bad("a checkpoint from before the last receipts", stale, changedBody.write(stopped)),
    bad("a note by another key", { note: noteOf(second, { chain: "main", size, root }) }),
    bad("a note for another size", { note: noteOf(signer, { chain: "main", size: size + 1, root }) }),
    bad("a note for another root", { note: noteOf(signer, { chain: "main", size, root: anyDigest("0") }) }),
    bad("a note for another chain", { note: noteOf(signer, { chain: "other", size, root }) }),
    bad("a note with unused bits that are set", {
      note: ours.slice(0, -1) + String.fromCharCode(ours.charCodeAt(85) + 1),
    }),
    bad("a note of zeros", { note: "A".repeat(86) }),
    bad("a note where the chain's name has a space", {}, chain("two words").open()),
    bad("a note where the chain's name has a plus sign", {}, chain("a+b").open()),
    bad("a note where the chain's name has a no-break space", {}, chain("a\u00a0b").open()),
    bad("a note where the chain's name has a control character", {}, chain("a\u0085b").open()),
    bad("its own chain among the others", { heads: [head("main")] }),
    bad("chains out of order", { heads: [head("b"), head("a")] }),
    bad("a chain twice", { heads: [head("a"), head("a", 1)] }),
    bad("chains in the order of code points", { heads: [head("\ufb33"), head("\u{1f600}")] }),
    about("BadCheckpoint")("a note by the old key after a rotation", withOldNote(), [
      "bad_checkpoint",
      2,
      "main",
      2,
    ]),
  ];
}

function withOldNote(): readonly string[] {
  const writer = chain().open().rotate(second);
  const [size, root] = [writer.tree.size, writer.tree.root()];
  return writer.write(writer.checkpoint({ note: noteOf(signer, { chain: "main", size, root }) })).lines;
}

function names(): readonly ChainCase[] {
  const named = about("Heads");
  const b = new ChainWriter({ signer: second, chain: "b", firstId: 50 }).open().write(stopped, stopped);
  const seen = (seq: number, digest = b.digest(seq)): JsonObject => ({ chain: "b", seq, digest });
  const main = (...heads: readonly JsonObject[]): readonly string[] =>
    checked(chain().open(), { heads }).lines;
  const all = main(seen(2));
  const [first = "", checkpoint = ""] = all;
  const [b0 = "", b1 = "", b2 = ""] = b.lines;
  const twice = checked(checked(chain().open(), { heads: [seen(1)] }), { heads: [seen(2)] }).lines;
  const partial: JsonObject = { ...trusting, partial: true };
  const contrary = checked(checked(chain().open(), { heads: [seen(1)] }), {
    heads: [seen(1, anyDigest("0"))],
  }).lines;
  return [
    named("a chain that came before", [...b.lines, ...all], "authentic"),
    named("a chain that comes later", [...all, ...b.lines], "authentic"),
    named("a chain that has gone on since", [...b.lines, ...main(seen(0))], "authentic"),
    named("a chain that goes on, and is named again", [...b.lines, ...twice], "authentic"),
    named(
      "two checkpoints that name the same receipt",
      checked(checked(chain().open(), { heads: [seen(1)] }), { heads: [seen(1)] }).lines.concat(b.lines),
      "authentic",
    ),
    named("a chain that is absent, in part of a log", all, "authentic", partial),
    named("a chain that has vanished", all, ["missing_chain", 2, "b", 0]),
    named("a chain whose end was cut off", [b0, b1, ...all], ["missing_tail", 4, "b", 2]),
    named(
      "a chain whose end was cut off, in part of a log",
      [b0, b1, ...all],
      ["missing_tail", 4, "b", 2],
      partial,
    ),
    named(
      "another history of a chain that came before",
      [...b.lines, ...main(seen(1, anyDigest("0")))],
      ["fork", 4, "main", 1],
    ),
    named(
      "another history of a chain that comes later",
      [...main(seen(1, anyDigest("0"))), ...b.lines],
      ["fork", 3, "b", 1],
    ),
    named("two checkpoints that contradict each other", contrary, ["fork", 2, "main", 2]),
    named("a checkpoint that contradicts what is known", all, ["fork", 1, "main", 1], {
      ...trusting,
      heads: [seen(2, anyDigest("0"))],
    }),
    named(
      "in part of a log, a chain that is known is to be there",
      [first, checkpoint],
      ["missing_chain", 2, "b", 0],
      { ...partial, heads: [seen(0)] },
    ),
    named("a checkpoint may be cut off with the end", [...b.lines, first], "authentic"),
    named(
      "a chain is open where another was cut off at its checkpoint",
      [b0, b1, b2, first, checkpoint],
      "authentic",
    ),
  ];
}
