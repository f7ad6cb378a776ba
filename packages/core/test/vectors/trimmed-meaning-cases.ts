import type { JsonObject } from "../../src/codec/json.ts";
import type { ChainCase } from "./chain-case.ts";
import { ChainWriter, decisionOf, givenBack, settlementOf, stopped } from "./chain-writer.ts";
import { anyDigest, claimOf } from "./sample-bodies.ts";
import { bad, beginning, good, pick, second, signer, since, trimming, whole } from "./trimmed-chain.ts";

/** Cases about what a chain without its beginning may say of what was dropped, and others of it. */
export const trimmedMeaningCases: readonly ChainCase[] = [...endings(), ...heads(), ...streams()];

/** A chain that was dropped up to its checkpoint 8, and went on with these. */
function after(...contents: readonly JsonObject[]): readonly string[] {
  const { lines } = beginning().write(...contents);
  return [lines[0] ?? "", lines[5] ?? "", ...lines.slice(8)];
}

function endings(): readonly ChainCase[] {
  const ended = (comment: string, ...contents: readonly JsonObject[]): ChainCase =>
    good("TrimmedEndings", comment, after(...contents));
  const alone = (
    comment: string,
    contents: readonly JsonObject[],
    reason = "no_open_decision",
    options?: JsonObject,
  ): ChainCase =>
    bad(
      "TrimmedEndings",
      comment,
      after(...contents),
      [reason, 2 + contents.length, 8 + contents.length],
      options,
    );
  const settled = settlementOf(7);
  const [released, expired] = [givenBack(7, "released"), givenBack(7, "expired")];
  const late = settlementOf(7, { late: true });
  const over = (...overage: readonly JsonObject[]): JsonObject => settlementOf(7, { overage });
  return [
    ended("a settlement of a decision that was dropped", settled),
    ended("a release of a decision that was dropped", released),
    ended("an expiry and a late settlement of a decision that was dropped", expired, late),
    ended("amounts that nobody can hold against their claims", over(claimOf("12345"))),
    ended("a decision that is there", decisionOf(20), settlementOf(20)),
    alone("two settlements of a decision that was dropped", [settled, settled]),
    alone("a release after the settlement of a decision that was dropped", [settled, released]),
    alone("a late settlement after a release, of a decision that was dropped", [released, late]),
    alone("two settlements of a decision that is there", [
      decisionOf(20),
      settlementOf(20),
      settlementOf(20),
    ]),
    alone("a settlement after the expiry of a decision that is there, and does not say so", [
      decisionOf(20),
      givenBack(20, "expired"),
      settlementOf(20),
    ]),
    alone(
      "one unit twice",
      [settlementOf(7, { amounts: ["1", "2"].map((amount) => ({ unit: "usd", amount })) })],
      "unexplained_amount",
    ),
    alone("two overages of one claim", [over(claimOf("1"), claimOf("2"))], "unexplained_amount"),
    alone(
      "more than was held for a decision that is there",
      [decisionOf(20), settlementOf(20, { amounts: [{ unit: "usd", amount: "1001" }] })],
      "unexplained_amount",
    ),
    alone(
      "another decision than that of the reservation",
      [decisionOf(20), settlementOf(20, { decision: "another" })],
      "settlement_mismatch",
    ),
    bad(
      "TrimmedEndings",
      "a settlement of a decision that is not there, where nothing may have been dropped",
      new ChainWriter({ signer }).open().write(settlementOf(7)).lines,
      ["no_open_decision", 1, 1],
      { ...trimming, trimmed: false },
    ),
  ];
}

function heads(): readonly ChainCase[] {
  const lines = [...pick(0, 5), ...since(8)];
  const sees = (seq: number, digest = whole.digest(seq)): JsonObject => ({
    ...trimming,
    heads: [{ chain: "main", seq, digest }],
  });
  const seen = (comment: string, options: JsonObject): ChainCase =>
    good("TrimmedHeads", comment, lines, options);
  const unseen = (
    comment: string,
    options: JsonObject,
    expected: readonly [string, number, number],
  ): ChainCase => bad("TrimmedHeads", comment, lines, expected, options);
  const other = anyDigest("0");
  return [
    seen("a receipt that was dropped is known", sees(6)),
    seen("whatever is known of a receipt that was dropped", sees(6, other)),
    seen("a kept key is known", sees(5)),
    seen("the anchor is known", sees(8)),
    seen("a receipt after the anchor is known", sees(9)),
    unseen("another first key is known", sees(0, other), ["fork", 0, 0]),
    unseen("another kept key is known", sees(5, other), ["fork", 1, 1]),
    unseen("another anchor is known", sees(8, other), ["fork", 2, 6]),
    unseen("another receipt after the anchor is known", sees(9, other), ["fork", 3, 9]),
    unseen("a receipt beyond the end is known", sees(13, other), ["missing_tail", 7, 13]),
    bad(
      "TrimmedHeads",
      "a receipt that is known is where nothing is any more, behind the keys",
      pick(0, 5),
      ["missing_tail", 2, 6],
      sees(8),
    ),
  ];
}

function streams(): readonly ChainCase[] {
  const b = new ChainWriter({ signer, chain: "b", firstId: 50 }).open().write(settlementOf(7));
  const naming = (seq: number, digest = whole.digest(seq)): readonly string[] => {
    const writer = new ChainWriter({ signer, chain: "c", firstId: 70 }).open();
    return writer.write(writer.checkpoint({ heads: [{ chain: "main", seq, digest }] })).lines;
  };
  const lines = [...pick(0, 5), ...since(8)];
  const other = new ChainWriter({ signer: second, chain: "d", firstId: 90 }).open().write(stopped);
  const both: JsonObject = { ...trimming, keys: [signer, second].map(({ publicKey }) => ({ ...publicKey })) };
  const stream = (comment: string, all: readonly string[], options?: JsonObject): ChainCase =>
    good("TrimmedStreams", comment, all, options);
  return [
    stream("another chain settles a decision that was dropped, before the anchor comes", [
      ...pick(0, 5),
      ...b.lines,
      ...pick(8, 9),
    ]),
    stream("a checkpoint of another chain names a receipt that was dropped", [...lines, ...naming(6)]),
    stream("it names it before", [...naming(6), ...lines]),
    stream("it names one that is there", [...naming(9), ...lines]),
    stream("a chain that is whole beside one that is not", [...lines, ...other.lines], both),
    bad(
      "TrimmedStreams",
      "a checkpoint of another chain names another anchor",
      [...naming(8, anyDigest("0")), ...lines],
      ["fork", 4, 6],
    ),
    bad("TrimmedStreams", "a checkpoint of another chain names a chain that is gone", naming(6), [
      "missing_chain",
      2,
      0,
    ]),
    bad(
      "TrimmedStreams",
      "of two chains one was never allowed to begin so",
      [...pick(0), ...other.lines.slice(1), ...since(4)],
      ["sequence_gap", 1, 0, "d"],
      both,
    ),
    bad(
      "TrimmedStreams",
      "of two chains that lack their anchors the first by name",
      [...pick(0, 5), ...rotated("a")],
      ["missing_tail", 4, 3, "a"],
      both,
    ),
  ];
}

/** A chain of two keys that lacks what stood between them, and all that followed. */
function rotated(chain: string): readonly string[] {
  const { lines } = new ChainWriter({ signer, chain, firstId: 110 }).open().write(stopped).rotate(second);
  return [lines[0] ?? "", lines[2] ?? ""];
}
