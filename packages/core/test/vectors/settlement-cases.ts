import type { JsonObject, JsonValue } from "../../src/codec/json.ts";
import type { ChainCase } from "./chain-case.ts";
import { ChainWriter, closed, decisionOf, givenBack, settlementOf, stopped } from "./chain-writer.ts";
import { allowed, anyDigest, claimOf, vectorId } from "./sample-bodies.ts";
import { vectorSigner } from "./signed-line.ts";

const signer = vectorSigner(7);
const trusting: JsonObject = { keys: [{ ...signer.publicKey }] };

/** A chain of these contents behind its key. */
function lines(...contents: readonly JsonObject[]): readonly string[] {
  return new ChainWriter({ signer }).open().write(...contents).lines;
}

/** Cases about what receipts mean to each other. */
export const settlementCases: readonly ChainCase[] = [...pairs(), ...amounts(), ...ends()];

function good(flag: string, comment: string, ...contents: readonly JsonObject[]): ChainCase {
  return { comment, flags: [flag], lines: lines(...contents), options: trusting, expected: "authentic" };
}

/** The last receipt is the one that does not hold. */
function bad(flag: string, reason: string, comment: string, ...contents: readonly JsonObject[]): ChainCase {
  const at = contents.length;
  return {
    comment,
    flags: [flag],
    lines: lines(...contents),
    options: trusting,
    expected: [reason, at, "main", at],
  };
}

function pairs(): readonly ChainCase[] {
  const denied = decisionOf(1, {
    decision: { ...allowed, outcome: "deny", code: "policy_denied" },
    claims: [],
    reservation: null,
  });
  const unheld = decisionOf(1, { claims: [], reservation: null });
  const shadow = decisionOf(1, {
    decision: { ...allowed, outcome: "deny", mode: "shadow", code: "policy_denied" },
    claims: [],
    reservation: null,
  });
  const replay = { ...decisionOf(2), reservation: vectorId(1) };
  const [expired, released] = [givenBack(1, "expired"), givenBack(1, "released")];
  const late = settlementOf(1, { late: true });
  const unreserved = settlementOf(1, { reservation: null, amounts: [] });
  const pair = (comment: string, ...contents: readonly JsonObject[]): ChainCase =>
    good("Pairs", comment, ...contents);
  const alone = (comment: string, ...contents: readonly JsonObject[]): ChainCase =>
    bad("Pairs", "no_open_decision", comment, ...contents);
  const elsewhere = new ChainWriter({ signer, chain: "b", firstId: 50 }).open().write(settlementOf(1)).lines;
  return [
    pair("a settlement of a decision", decisionOf(1), settlementOf(1)),
    pair("a release", decisionOf(1), released),
    pair("an expiry", decisionOf(1), expired),
    pair("a settlement after expiry that says so", decisionOf(1), expired, late),
    pair("an expiry of a decision that another log has", expired),
    pair("a decision without a reservation", unheld, unreserved),
    pair("a shadow decision that would have denied", shadow, unreserved),
    pair("a decision that answers an open reservation again", decisionOf(1), replay, settlementOf(1)),
    pair(
      "a settlement that names the reservation as its decision",
      { ...decisionOf(2), reservation: vectorId(1) },
      settlementOf(1),
    ),
    pair("a reservation that was ended may be made again", decisionOf(1), settlementOf(1), decisionOf(1)),
    {
      ...pair("a settlement in another chain of the stream"),
      lines: [...lines(decisionOf(1)), ...elsewhere],
    },
    {
      ...alone("a settlement in another chain, before its decision"),
      lines: [...elsewhere, ...lines(decisionOf(1))],
      expected: ["no_open_decision", 1, "b", 1],
    },
    alone("a settlement without a decision", settlementOf(1)),
    alone("a settlement before its decision", settlementOf(1)),
    alone("a settlement of what was denied", denied, unreserved),
    alone("a release of what was denied", denied, { ...released, reservation: null }),
    alone("two settlements of one reservation", decisionOf(1), settlementOf(1), settlementOf(1)),
    alone("two settlements of one reservation, one of them late", decisionOf(1), settlementOf(1), late),
    alone("a settlement after a release", decisionOf(1), released, settlementOf(1)),
    alone("a release after a settlement", decisionOf(1), settlementOf(1), released),
    alone("a settlement after expiry that does not say so", decisionOf(1), expired, settlementOf(1)),
    alone("two expiries", decisionOf(1), expired, expired),
    alone("a release after expiry", decisionOf(1), expired, released),
    alone("two late settlements", decisionOf(1), expired, late, late),
    alone("a settlement of another reservation", decisionOf(1), settlementOf(2)),
    alone(
      "a settlement that leaves the reservation out",
      { ...decisionOf(2), reservation: vectorId(1) },
      settlementOf(2, { reservation: null }),
    ),
    bad(
      "Pairs",
      "settlement_mismatch",
      "a settlement that names another decision",
      decisionOf(1),
      settlementOf(1, { decision: vectorId(2) }),
    ),
    bad("Pairs", "decision_repeated", "a decision that is open already", decisionOf(1), decisionOf(1)),
    bad(
      "Pairs",
      "decision_repeated",
      "a decision that has expired, but may still settle",
      decisionOf(1),
      expired,
      decisionOf(1),
    ),
  ];
}

/** What a settlement booked. */
function booked(...entries: readonly (readonly [string, string])[]): JsonObject {
  return { amounts: entries.map(([unit, amount]) => ({ unit, amount })) };
}

function amounts(): readonly ChainCase[] {
  const over = (...overage: readonly JsonValue[]): JsonObject => ({ overage });
  const two = decisionOf(1, { claims: [claimOf("1000"), { ...claimOf("400"), budget: "small" }] });
  const settled = (...changes: readonly JsonObject[]): JsonObject =>
    settlementOf(1, Object.assign({}, ...changes));
  const explained = (comment: string, ...contents: readonly JsonObject[]): ChainCase =>
    good("Amounts", comment, ...contents);
  const unexplained = (comment: string, ...contents: readonly JsonObject[]): ChainCase =>
    bad("Amounts", "unexplained_amount", comment, ...contents);
  const one = decisionOf(1);
  const expired = givenBack(1, "expired");
  const small = { ...claimOf("500"), budget: "small" };
  return [
    explained("as much as was held", one, settled(booked(["usd", "1000"]))),
    explained("nothing", one, settled(booked(["usd", "0"]))),
    explained("a unit that is not named is booked as held", one, settled(booked())),
    explained("more than was held, as overage", one, settled(booked(["usd", "1200"]), over(claimOf("200")))),
    explained("an overage of one of two claims", two, settled(booked(["usd", "900"]), over(small))),
    explained(
      "overages of both",
      two,
      settled(booked(["usd", "1200"]), over({ ...small, amount: "800" }, claimOf("200"))),
    ),
    explained("an overage of 0", one, settled(over(claimOf("0")))),
    explained("no overage at all", one, settled(over())),
    explained(
      "a unit that no claim holds is not bounded",
      one,
      settled(booked(["tokens", "5000"], ["usd", "900"])),
    ),
    explained(
      "late, with all of it as overage",
      one,
      expired,
      settled(booked(["usd", "900"]), over(claimOf("900")), { late: true }),
    ),
    explained(
      "late, with more than was held and no overage",
      one,
      expired,
      settled(booked(["usd", "5000"]), { late: true }),
    ),
    explained(
      "amounts beyond 2^53",
      decisionOf(1, { claims: [claimOf("9223372036854775806")] }),
      settled(booked(["usd", "9223372036854775807"]), over(claimOf("1"))),
    ),
    unexplained("more than was held", one, settled(booked(["usd", "1001"]))),
    unexplained(
      "more than was held by one beyond 2^53",
      decisionOf(1, { claims: [claimOf("9007199254740992")] }),
      settled(booked(["usd", "9007199254740993"])),
    ),
    unexplained("an overage that is too small", one, settled(booked(["usd", "1200"]), over(claimOf("199")))),
    unexplained("an overage that is too large", one, settled(booked(["usd", "1200"]), over(claimOf("201")))),
    unexplained("an overage where there is none", one, settled(over(claimOf("1")))),
    unexplained(
      "an overage of one claim where there are two",
      two,
      settled(booked(["usd", "1200"]), over(claimOf("200"))),
    ),
    unexplained(
      "an overage of another budget",
      one,
      settled(booked(["usd", "1200"]), over({ ...claimOf("200"), budget: "other" })),
    ),
    unexplained(
      "an overage of another partition",
      one,
      settled(booked(["usd", "1200"]), over({ ...claimOf("200"), partition: "user=bob" })),
    ),
    unexplained(
      "two overages of one claim",
      one,
      settled(booked(["usd", "1200"]), over(claimOf("200"), claimOf("200"))),
    ),
    unexplained("one unit twice", one, settled(booked(["usd", "900"], ["usd", "900"]))),
    unexplained("an overage of a release", one, { ...givenBack(1, "released"), ...over(claimOf("1")) }),
    unexplained("an overage of an expiry", one, { ...expired, ...over(claimOf("1")) }),
    unexplained(
      "late, with more overage than is booked",
      one,
      expired,
      settled(booked(["usd", "900"]), over(claimOf("901")), { late: true }),
    ),
    unexplained("an overage without any claim", decisionOf(1, { claims: [] }), settled(over(claimOf("1")))),
  ];
}

function ends(): readonly ChainCase[] {
  const chain = new ChainWriter({ signer }).open().write(stopped, stopped);
  const other = new ChainWriter({ signer, chain: "b", firstId: 50 }).open().write(closed);
  const head = (seq: number, digest: string | null, name = "main"): JsonObject => ({
    chain: name,
    seq,
    digest,
  });
  const sees = (...heads: readonly JsonObject[]): JsonObject => ({ ...trusting, heads });
  const end = (
    comment: string,
    options: JsonObject,
    expected: ChainCase["expected"],
    all = chain.lines,
  ): ChainCase => ({ comment, flags: ["Ends"], lines: all, options, expected });
  const both = [...chain.lines, ...other.lines];
  return [
    end("a head that is known", sees(head(1, chain.digest(1))), "authentic"),
    end("the last receipt is known", sees(head(2, chain.digest(2))), "authentic"),
    end("every chain must be closed, and is", { ...trusting, closed: true }, "authentic", other.lines),
    end(
      "the end is cut off",
      sees(head(2, chain.digest(2))),
      ["missing_tail", 2, "main", 2],
      chain.lines.slice(0, 2),
    ),
    end("a head far beyond the end", sees(head(9, anyDigest("0"))), ["missing_tail", 3, "main", 3]),
    end("a chain that is not there", sees(head(0, anyDigest("0"), "gone")), ["missing_chain", 3, "gone", 0]),
    end(
      "of two that are missing the first by name",
      sees(head(0, anyDigest("0"), "z"), head(0, anyDigest("0"), "a")),
      ["missing_chain", 3, "a", 0],
    ),
    end(
      "names are compared by UTF-16 code units",
      sees(head(0, anyDigest("0"), "\ufb33"), head(0, anyDigest("0"), "\u{1f600}")),
      ["missing_chain", 3, "\u{1f600}", 0],
    ),
    end("another history than the one that is known", sees(head(1, anyDigest("0"))), ["fork", 1, "main", 1]),
    end("another beginning than the one that is known", sees(head(0, anyDigest("0"))), [
      "fork",
      0,
      "main",
      0,
    ]),
    end("a chain that must be closed is not", { ...trusting, closed: true }, ["missing_tail", 3, "main", 3]),
    end("one of two is not closed", { ...trusting, closed: true }, ["missing_tail", 5, "main", 3], both),
    end(
      "a head that is missing comes before a close that is",
      { ...sees(head(7, anyDigest("0"), "b")), closed: true },
      ["missing_tail", 5, "b", 2],
      both,
    ),
  ];
}
