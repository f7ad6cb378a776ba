import type { JsonObject } from "../../src/codec/json.ts";
import type { ChainCase } from "./chain-case.ts";
import { ChainWriter, closed, decisionOf, keyOf, settlementOf, stopped } from "./chain-writer.ts";
import { anyDigest, timeAt } from "./sample-bodies.ts";
import { vectorSigner } from "./signed-line.ts";

const signer = vectorSigner(7);
const other = vectorSigner(8);
const keys = [{ ...signer.publicKey }];
const trusting: JsonObject = { keys };

/** The lines of a whole chain. */
const whole: readonly string[] = new ChainWriter({ signer })
  .open()
  .write(decisionOf(1), stopped, settlementOf(1), closed).lines;
const [first = "", second = "", third = "", fourth = "", last = ""] = whole;

/** A chain that is not closed, and what may come next. */
function open(...contents: readonly JsonObject[]): ChainWriter {
  return new ChainWriter({ signer }).open().write(...contents);
}

/** Cases about the place of receipts in chains. */
export const chainCases: readonly ChainCase[] = [...sound(), ...streams(), ...places(), ...times()];

function good(comment: string, lines: readonly string[], options = trusting, flags = ["Place"]): ChainCase {
  return { comment, flags, lines, options, expected: "authentic" };
}

function bad(
  flag: string,
  comment: string,
  lines: readonly string[],
  expected: readonly [string, number, string | null, number | null],
  options = trusting,
): ChainCase {
  return { comment, flags: [flag], lines, options, expected };
}

function sound(): readonly ChainCase[] {
  return [
    good("a whole chain", whole),
    good("a key and nothing else", [first]),
    good("a chain that goes on, with a decision that is open", [first, second]),
    good("one of several trusted keys", whole, { keys: [{ ...other.publicKey }, ...keys] }, ["Trust"]),
    { comment: "nobody said whom to trust", flags: ["Trust"], lines: whole, options: {}, expected: "bound" },
    good(
      "ids need not be unique",
      open({ ...stopped, id: decisionOf(5).id as string }, { ...stopped, id: decisionOf(5).id as string })
        .lines,
    ),
    bad("Trust", "nobody is trusted", whole, ["untrusted_key", 0, "main", 0], { keys: [] }),
    bad("Trust", "another key is trusted", whole, ["untrusted_key", 0, "main", 0], {
      keys: [{ ...other.publicKey }],
    }),
    bad("Place", "no receipts", [], ["empty", 0, null, null]),
    bad("Place", "no receipts, and nobody said whom to trust", [], ["empty", 0, null, null], {}),
  ];
}

function streams(): readonly ChainCase[] {
  const b = new ChainWriter({ signer: other, chain: "b", firstId: 50 }).open().write(stopped, closed).lines;
  const both = { keys: [...keys, { ...other.publicKey }] };
  const [b0 = "", b1 = "", b2 = ""] = b;
  const named = new ChainWriter({ signer, chain: "\u00e9 + \u{1f600}" }).open().write(closed).lines;
  return [
    good("two chains, one after the other", [...whole, ...b], both, ["Streams"]),
    good("two chains, interleaved", [first, b0, second, third, b1, fourth, b2, last], both, ["Streams"]),
    good("a chain with an unusual name", named, trusting, ["Streams"]),
    bad(
      "Streams",
      "two chains, one of which nobody trusts",
      [first, b0, second],
      ["untrusted_key", 1, "b", 0],
    ),
    bad("Streams", "a break in the second chain", [first, b0, second, b2], ["sequence_gap", 3, "b", 1], both),
    bad(
      "Streams",
      "a receipt that claims to be of another chain",
      [first, b0, second.replace('"chain":"main"', '"chain":"b"')],
      ["previous_digest", 2, "b", 1],
      both,
    ),
    bad(
      "Streams",
      "a line that is no receipt, in a stream of two chains",
      [first, b0, "{}"],
      ["malformed", 2, null, null],
      both,
    ),
  ];
}

function places(): readonly ChainCase[] {
  const chain = open(decisionOf(1));
  const forked = open(decisionOf(1, { action: { ...(decisionOf(1).action as JsonObject), name: "other" } }));
  const wrongPrev = new ChainWriter({ signer }).open();
  const elsewhere = chain.next(stopped, other);
  return [
    bad("Place", "the first receipt is gone", [second, third], ["sequence_gap", 0, "main", 0]),
    bad("Place", "a receipt is gone", [first, second, fourth], ["sequence_gap", 2, "main", 2]),
    bad("Place", "two receipts are exchanged", [first, third, second], ["sequence_gap", 1, "main", 1]),
    bad("Place", "a receipt stands twice", [first, second, second], ["sequence_repeat", 2, "main", 2]),
    bad(
      "Place",
      "the chain starts anew with the same receipt",
      [first, second, first],
      ["sequence_repeat", 2, "main", 2],
    ),
    bad(
      "Place",
      "a changed copy of an earlier receipt",
      [first, second, second.replace("gpt-4o", "gpt-4x")],
      ["sequence_repeat", 2, "main", 2],
    ),
    bad(
      "Place",
      "an earlier receipt again, by another key",
      [first, second, third, elsewhere],
      ["sequence_repeat", 3, "main", 3],
    ),
    bad(
      "Fork",
      "two receipts for one place, both by the chain's key",
      [...chain.lines, ...forked.lines.slice(1)],
      ["fork", 2, "main", 2],
    ),
    bad(
      "Fork",
      "the chain goes on from the other of two",
      [...chain.lines, forked.next(stopped)],
      ["previous_digest", 2, "main", 2],
    ),
    bad(
      "Place",
      "a receipt after the last",
      [...whole, new ChainWriter({ signer }).next({ ...stopped, seq: 5, prev: anyDigest("0") })],
      ["after_close", 5, "main", 5],
    ),
    bad("Place", "a second close", [...whole, last], ["after_close", 5, "main", 5]),
    bad(
      "Place",
      "another previous digest",
      [...wrongPrev.lines, wrongPrev.next({ ...stopped, prev: anyDigest("0") })],
      ["previous_digest", 1, "main", 1],
    ),
    bad(
      "Place",
      "no previous digest",
      [...wrongPrev.lines, wrongPrev.next({ ...stopped, prev: null })],
      ["previous_digest", 1, "main", 1],
    ),
    bad(
      "Place",
      "a previous digest of the first",
      [new ChainWriter({ signer }).next({ ...keyOf(signer), prev: anyDigest("0") })],
      ["previous_digest", 0, "main", 0],
    ),
  ];
}

function times(): readonly ChainCase[] {
  const at = (...times: readonly number[]): readonly string[] => {
    const writer = new ChainWriter({ signer });
    for (const [index, ms] of times.entries())
      writer.write({ ...(index === 0 ? keyOf(signer) : stopped), time: timeAt(ms) });
    return writer.lines;
  };
  const within = (timeToleranceMs: number): JsonObject => ({ ...trusting, timeToleranceMs });
  return [
    good("receipts of one millisecond", at(0, 0, 0), trusting, ["Time"]),
    good("a time that goes back within the tolerance", at(0, 1000, 500), within(500), ["Time"]),
    bad("Time", "a time that goes back by a millisecond", at(0, 1000, 999), ["time_backwards", 2, "main", 2]),
    bad(
      "Time",
      "a time that goes back beyond the tolerance",
      at(0, 1000, 499),
      ["time_backwards", 2, "main", 2],
      within(500),
    ),
    bad(
      "Time",
      "a time that goes back step by step",
      at(0, 1000, 600, 200),
      ["time_backwards", 3, "main", 3],
      within(500),
    ),
    bad(
      "Time",
      "a time that goes back over midnight of a new year",
      ["2027-01-01T00:00:00.000Z", "2026-12-31T23:59:59.999Z"].reduce(
        (writer, time, index) => writer.write({ ...(index === 0 ? keyOf(signer) : stopped), time }),
        new ChainWriter({ signer }),
      ).lines,
      ["time_backwards", 1, "main", 1],
    ),
  ];
}
