import type { JsonObject } from "../../src/codec/json.ts";
import type { ChainCase } from "./chain-case.ts";
import { ChainWriter, closed, decisionOf, keyOf, noteOf, stopped } from "./chain-writer.ts";
import { anyDigest, timeAt } from "./sample-bodies.ts";
import {
  bad,
  beginning,
  good,
  pick,
  second,
  signer,
  since,
  stranger,
  trimming,
  whole,
} from "./trimmed-chain.ts";

/** Cases about what may be missing of a chain whose beginning was dropped, and what may not. */
export const trimmedCases: readonly ChainCase[] = [...sound(), ...gaps(), ...keys(), ...anchors()];

/** The beginning, dropped at 8, where the anchor is what `line` makes of it. */
function anchored(line: (writer: ChainWriter) => string): readonly string[] {
  const writer = new ChainWriter({ signer }).open();
  writer.write(decisionOf(1), stopped, stopped, stopped).rotate(second).write(stopped, stopped);
  return [writer.lines[0] ?? "", writer.lines[5] ?? "", line(writer)];
}

function sound(): readonly ChainCase[] {
  const trimmed = (comment: string, lines: readonly string[], options?: JsonObject): ChainCase =>
    good("Trimmed", comment, lines, options);
  const adjacent = new ChainWriter({ signer }).open().write(stopped, stopped).rotate(second);
  adjacent.write(adjacent.checkpoint()).write(stopped);
  const otherRoot = beginning().write(stopped);
  const { note: _note, ...unchecked } = otherRoot.checkpoint({ root: anyDigest("0") });
  otherRoot.write(unchecked as JsonObject, closed);
  const single = new ChainWriter({ signer }).open();
  return [
    trimmed("nothing was dropped", whole.lines),
    trimmed("nothing but the first key is there", single.lines),
    trimmed("dropped up to a checkpoint under the first key", [...pick(0), ...since(4)]),
    trimmed("dropped up to a checkpoint under another key, which is kept", [...pick(0, 5), ...since(8)]),
    trimmed("dropped up to the last checkpoint", pick(0, 5, 11, 12), { ...trimming, closed: true }),
    trimmed("the anchor is the last receipt", pick(0, 4)),
    trimmed("the anchor follows right after the last key", [
      ...adjacent.lines.slice(0, 1),
      ...adjacent.lines.slice(3),
    ]),
    trimmed("nobody said whom to trust", [...pick(0, 5), ...since(8)], { trimmed: true }),
    trimmed("a later checkpoint's root, which nobody can check", [
      ...pick(0, 5),
      ...otherRoot.lines.slice(8),
    ]),
    trimmed(
      "an anchor without a note",
      anchored((writer) => {
        const { note: _, ...content } = writer.checkpoint();
        return writer.next(content as JsonObject);
      }),
    ),
  ];
}

function gaps(): readonly ChainCase[] {
  const gap = (
    comment: string,
    lines: readonly string[],
    [index, seq]: readonly [number, number],
    options?: JsonObject,
  ): ChainCase => bad("TrimmedGap", comment, lines, ["sequence_gap", index, seq], options);
  const { trimmed: _, ...untrimmed } = trimming;
  const elsewhere = new ChainWriter({ signer, chain: "b", firstId: 50 }).open().write(stopped);
  elsewhere.write(elsewhere.checkpoint());
  return [
    gap("nobody allowed that anything is dropped", [...pick(0), ...since(4)], [1, 1], untrimmed),
    gap("it was not allowed", [...pick(0), ...since(4)], [1, 1], { ...trimming, trimmed: false }),
    gap("a receipt is gone after the anchor", pick(0, 4, 5, 7), [3, 6]),
    gap("the receipt right after the anchor is gone", pick(0, 4, 6), [2, 5]),
    gap("receipts are gone between two checkpoints", pick(0, 4, 5, 8), [3, 6]),
    gap("a key is kept, and others around it are gone, after the anchor", pick(0, 4, 8), [2, 5]),
    gap("it begins with a receipt that is no checkpoint", [...pick(0), ...since(2)], [1, 1]),
    gap("it begins with the close", pick(0, 12), [1, 1]),
    gap(
      "the second key is followed by a receipt that is no checkpoint",
      [...pick(0, 5), ...since(6)],
      [2, 6],
    ),
    gap("another receipt than a key was kept of the beginning", pick(0, 1, 4), [2, 2]),
    gap("two receipts are exchanged after the anchor", pick(0, 4, 6, 5), [2, 5]),
    gap("the first key is gone", since(4), [0, 0]),
    gap("only the second key is kept", [...pick(5), ...since(8)], [0, 0]),
    bad("TrimmedGap", "the anchor stands twice", pick(0, 4, 4), ["sequence_repeat", 2, 5]),
    bad("TrimmedGap", "a receipt stands twice after the anchor", pick(0, 4, 5, 5), ["sequence_repeat", 3, 6]),
    bad("TrimmedGap", "what was dropped comes after the anchor", pick(0, 5, 8, 6), ["sequence_repeat", 3, 9]),
    bad("TrimmedGap", "the first key stands twice", pick(0, 0, 4), ["sequence_repeat", 1, 1]),
    bad("TrimmedGap", "keys and no anchor", pick(0, 5), ["missing_tail", 2, 6]),
    bad(
      "TrimmedGap",
      "another chain's checkpoint",
      [...pick(0), elsewhere.lines[2] ?? "", ...since(4)],
      ["sequence_gap", 1, 0, "b"],
    ),
  ];
}

function keys(): readonly ChainCase[] {
  const key = (
    comment: string,
    lines: readonly string[],
    expected: readonly [string, number, number],
    options?: JsonObject,
  ): ChainCase => bad("TrimmedKeys", comment, lines, expected, options);
  const kept = new ChainWriter({ signer }).open().write(stopped);
  const renewed = new ChainWriter({ signer }).open();
  renewed.rotate(signer).write(stopped).rotate(signer).write(stopped).rotate(signer);
  renewed.write(renewed.checkpoint());
  const [r0 = "", r1 = "", , r3 = "", , r5 = "", r6 = ""] = renewed.lines;
  const foreign = kept.next({ ...keyOf(second), seq: 5 }, stranger);
  const { kid } = signer;
  return [
    good("TrimmedKeys", "some of the receipts that name the same key", [r0, r3, r6]),
    key("the second key is gone", [...pick(0), ...since(8)], ["unknown_key", 1, 1]),
    key("a kept key by somebody else's key", [...pick(0), foreign, ...since(8)], ["unknown_key", 1, 1]),
    key(
      "a kept key by somebody else's key under the first one's name",
      [...pick(0), foreign.replace(`"kid":"${stranger.kid}"`, `"kid":"${kid}"`), ...since(8)],
      ["bad_signature", 1, 1],
    ),
    key(
      "a kept key that was changed",
      [...pick(0), (pick(5)[0] ?? "").replace('"seq":5', '"seq":6'), ...since(8)],
      ["bad_signature", 1, 1],
    ),
    key("kept keys out of order", [r0, r3, r1, r5, r6], ["sequence_repeat", 2, 4]),
    key(
      "kept keys that are next to each other and do not fit",
      [r0, kept.next({ ...keyOf(second), prev: anyDigest("0"), seq: 1 }), r6],
      ["previous_digest", 1, 1],
    ),
    key("the first key is not trusted", [...pick(0, 5), ...since(8)], ["untrusted_key", 0, 0], {
      keys: [{ ...stranger.publicKey }],
      trimmed: true,
    }),
    key("the key that signed the anchor was revoked", [...pick(0, 5), ...since(8)], ["revoked_key", 2, 6], {
      ...trimming,
      revoked: [{ kid: second.kid, since: timeAt(8000) }],
    }),
    key("the key that handed over was revoked before", [...pick(0, 5), ...since(8)], ["revoked_key", 1, 1], {
      ...trimming,
      revoked: [{ kid, since: timeAt(5000) }],
    }),
  ];
}

function anchors(): readonly ChainCase[] {
  const forged = (
    comment: string,
    line: (writer: ChainWriter) => string,
    reason = "bad_checkpoint",
  ): ChainCase => bad("TrimmedAnchor", comment, anchored(line), [reason, 2, 6]);
  const [size, root] = [8, anyDigest("0")];
  const head = (chain: string): JsonObject => ({ chain, seq: 0, digest: anyDigest("0") });
  return [
    forged(
      "an anchor by the key before",
      (writer) => writer.next(writer.checkpoint(), signer),
      "unknown_key",
    ),
    forged(
      "an anchor by somebody else's key",
      (writer) => writer.next(writer.checkpoint(), stranger),
      "unknown_key",
    ),
    forged(
      "an anchor whose root was changed",
      (writer) => writer.next(writer.checkpoint()).replace(/"root":"sha256:..../, '"root":"sha256:0000'),
      "bad_signature",
    ),
    forged("an anchor that is said to stand further on", (writer) =>
      writer.next({ ...writer.checkpoint(), seq: 9 }),
    ),
    forged("an anchor whose size is too small", (writer) => {
      const note = noteOf(second, { chain: "main", size: 7, root: writer.tree.root() });
      return writer.next({ ...writer.checkpoint(), size: 7, note });
    }),
    forged("an anchor with a note of another root", (writer) =>
      writer.next({ ...writer.checkpoint(), note: noteOf(second, { chain: "main", size, root }) }),
    ),
    forged("an anchor with a note of another chain", (writer) => {
      const note = noteOf(second, { chain: "b", size, root: writer.tree.root() });
      return writer.next({ ...writer.checkpoint(), note });
    }),
    forged("an anchor that names its own chain", (writer) =>
      writer.next({ ...writer.checkpoint(), heads: [head("main")] }),
    ),
    forged(
      "an anchor without a previous digest",
      (writer) => writer.next({ ...writer.checkpoint(), prev: null }),
      "previous_digest",
    ),
    forged(
      "an anchor from before the last key",
      (writer) => writer.next({ ...writer.checkpoint(), time: timeAt(4999) }),
      "time_backwards",
    ),
    bad(
      "TrimmedAnchor",
      "another receipt than the one that followed the anchor",
      [...pick(0, 5, 8), beginningOf("another reason").next(stopped)],
      ["previous_digest", 3, 9],
    ),
    bad(
      "TrimmedAnchor",
      "an anchor of another history than what follows it",
      [...pick(0, 5), beginningOf("another reason").lines[8] ?? "", ...since(9)],
      ["previous_digest", 3, 9],
    ),
  ];
}

/** The beginning of another history, by the same keys. */
function beginningOf(reason: string): ChainWriter {
  const writer = new ChainWriter({ signer }).open().write({ ...stopped, reason }, stopped, stopped, stopped);
  writer.rotate(second).write(stopped, stopped);
  return writer.write(writer.checkpoint());
}
