import { describe, expect, it } from "vitest";
import {
  endorsedBy,
  type Members,
  noteOf,
  rootSigner,
  sampleLog,
  signedLine,
  TestChain,
} from "../../test/sample-log.ts";
import { testSigner } from "../../test/sample-receipts.ts";
import { VerificationError } from "../errors.ts";
import { parseCheckpoint } from "./checkpoint-text.ts";
import { publicKeyBytes } from "./jwk-thumbprint.ts";
import { leafHash } from "./merkle.ts";
import { verifyInclusion } from "./merkle-proof.ts";
import { proveReceipt, type ReceiptRef } from "./prove-receipt.ts";
import { verifyProof } from "./receipt-proof.ts";
import {
  formatNote,
  formatNoteKey,
  isNoteSigned,
  noteKeyId,
  parseNote,
  parseNoteKey,
} from "./signed-note.ts";
import type { Signer } from "./signer.ts";
import { formatTlogProof, parseTlogProof, type TlogProof } from "./tlog-proof.ts";
import type { VerifyOptions } from "./verify-options.ts";

const log = sampleLog();
const trusted = { keys: [rootSigner().publicKey] };
const places = log.map((line): { chain: string; seq: number; id: string } => JSON.parse(line).body);
const stop: Members = { type: "stop", run: "run-1", reason: "enough" };

/** What a proof comes to, in a word. */
function outcome(text: string, options: VerifyOptions = trusted): string {
  const report = verifyProof(text, options);
  return report.break?.reason ?? report.verdict;
}

/** The proof with other parts. */
function changed(text: string, change: (proof: TlogProof, lines: string[]) => Partial<TlogProof>): string {
  const proof = parseTlogProof(text);
  const lines = new TextDecoder().decode(proof.extra).split("\n").slice(0, -1);
  return formatTlogProof({ ...proof, ...change(proof, lines) });
}

function extraOf(lines: readonly string[]): Pick<TlogProof, "extra"> {
  return { extra: new TextEncoder().encode(lines.map((line) => `${line}\n`).join("")) };
}

describe("the proof of a receipt", () => {
  it("holds for every receipt that a checkpoint with a note covers, and for no other there is one", async () => {
    const covered: Readonly<Record<string, number>> = { main: 8, "night shift": 0, z: 0 };
    for (const [index, { chain, seq, id }] of places.entries()) {
      const asked = proveReceipt(log, { chain, seq });
      if (seq >= covered[chain]!) {
        await expect(asked).rejects.toThrow(/no checkpoint with a note comes after/);
        continue;
      }
      const text = await asked;
      const report = verifyProof(text, trusted);
      expect(report).toMatchObject({ verdict: "authentic", break: null });
      expect(JSON.stringify(report.receipt)).toBe(log[index]);
      expect(report.checkpoint?.seq).toBe(seq < 4 ? 4 : 8);
      expect(outcome(text, {})).toBe("bound");
      expect(await proveReceipt(log, { id })).toBe(text);
    }
  });

  it("cannot be made of a chain whose beginning was dropped", async () => {
    const chain = new TestChain("main", testSigner(1));
    chain.add(stop);
    chain.add(chain.checkpoint());
    chain.add(stop);
    chain.add(chain.checkpoint());
    const [key = "", , ...rest] = chain.lines;
    await expect(proveReceipt([key, ...rest], { chain: "main", seq: 3 })).rejects.toThrow(
      /receipts of chain "main" are missing before this one/,
    );
    expect(await proveReceipt(chain.lines, { chain: "main", seq: 3 })).toContain("index 3");
  });

  it("can be checked with what C2SP and RFC 6962 say alone", async () => {
    const text = await proveReceipt(log, { chain: "main", seq: 2 });
    const { index, hashes, checkpoint } = parseTlogProof(text);
    const publicKey = publicKeyBytes(testSigner(1).publicKey);
    const key = formatNoteKey({ name: "tollgate/main", publicKey });
    const note = parseNote(checkpoint);
    expect(isNoteSigned(note, [parseNoteKey(key)])).toBe(true);
    const { origin, size, root } = parseCheckpoint(note.text);
    expect({ origin, size, index }).toEqual({ origin: "tollgate/main", size: 4, index: 2 });
    const line = log[places.findIndex(({ chain, seq }) => chain === "main" && seq === 2)]!;
    expect(verifyInclusion({ leaf: leafHash(line), index, size, root, proof: hashes })).toBe(true);
  });

  it("does not hold when any character of it is changed", async () => {
    const text = await proveReceipt(log, { chain: "main", seq: 5 });
    for (let at = 0; at < text.length; at++) {
      for (const bits of [1, 2]) {
        const other =
          text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ bits) + text.slice(at + 1);
        expect(outcome(other), `character ${at}`).not.toBe("authentic");
      }
      expect(outcome(text.slice(0, at) + text.slice(at + 1)), `without ${at}`).not.toBe("authentic");
    }
  }, 60_000);

  it("follows the chain's keys to the one that signed the checkpoint", async () => {
    const chain = new TestChain("main", testSigner(1));
    chain.add(stop);
    chain.rotate(testSigner(2));
    chain.add(stop);
    chain.rotate(testSigner(3), { endorsement: endorsedBy(rootSigner(), testSigner(3)) });
    chain.add(chain.checkpoint());
    const keys = [testSigner(1).publicKey];
    for (let seq = 0; seq < 5; seq++) {
      const text = await proveReceipt(chain.lines, { chain: "main", seq });
      expect(outcome(text, { keys })).toBe("authentic");
      expect(outcome(text, { keys: [testSigner(2).publicKey] })).toBe("untrusted_key");
      expect(outcome(text, { keys, revoked: [{ kid: testSigner(3).kid }] })).toBe("revoked_key");
      const without = changed(text, (_, lines) =>
        extraOf(lines.filter((line) => !line.includes(testSigner(2).kid))),
      );
      expect(outcome(without, { keys })).not.toBe("authentic");
    }
  });

  it("is refused to a chain that does not hold, and to a receipt that is not there", async () => {
    const chain = new TestChain("main");
    chain.add(stop);
    chain.add({ ...chain.checkpoint(), note: noteOf(testSigner(5), "x\n") });
    const where: ReceiptRef = { chain: "main", seq: 1 };
    await expect(proveReceipt(chain.lines, where)).rejects.toThrow(/does not hold/);
    await expect(proveReceipt(log, { id: "none" })).rejects.toThrow(/there is no receipt none/);
    await expect(proveReceipt(log, { chain: "main", seq: 99 })).rejects.toThrow(VerificationError);
    await expect(proveReceipt(["{}"], where)).rejects.toThrow(/receipt at 0/);
  });

  it("waits for a checkpoint with a note", async () => {
    const chain = new TestChain("main");
    chain.add(stop);
    chain.add({ ...chain.checkpoint(), note: undefined });
    chain.add(chain.checkpoint());
    const report = verifyProof(await proveReceipt(chain.lines, { chain: "main", seq: 2 }));
    expect(report).toMatchObject({ verdict: "bound", checkpoint: { size: 3 } });
  });
});

/** A chain of five stops, the key before them and a checkpoint after them. */
function stopped(name: string): readonly string[] {
  const chain = new TestChain(name, testSigner(1));
  for (let count = 0; count < 5; count++) chain.add({ ...stop, reason: `stop ${count}` });
  chain.add(chain.checkpoint());
  return chain.lines;
}

const lines = stopped("main");
const proof = await proveReceipt(lines, { chain: "main", seq: 3 });
const otherProof = await proveReceipt(stopped("mail"), { chain: "mail", seq: 3 });

/** The note of the proof's checkpoint, changed, and signed in the name of the chain's key. */
function noteBy(signer: Signer, change = (text: string) => text): string {
  const text = change(parseNote(parseTlogProof(proof).checkpoint).text);
  const key = { name: "tollgate/main", publicKey: publicKeyBytes(testSigner(1).publicKey) };
  const signature = signer.sign(new TextEncoder().encode(text));
  return formatNote({ text, signatures: [{ name: key.name, keyId: noteKeyId(key), signature }] });
}

/** The proof's checkpoint and its note, saying the same, as the chain's key may well have signed them. */
function signedCheckpoint(all: readonly string[], size: number): Pick<TlogProof, "checkpoint" | "extra"> {
  const { body } = JSON.parse(all.at(-1)!);
  const line = signedLine({ ...body, size }, testSigner(1));
  const checkpoint = noteBy(testSigner(1), (text) => text.replace("\n6\n", `\n${size}\n`));
  return { checkpoint, ...extraOf(all.with(-1, line)) };
}

describe("a forged proof", () => {
  const keys = [testSigner(1).publicKey];
  const outside = new TestChain("main", testSigner(1));
  for (let count = 0; count < 3; count++) outside.add({ ...stop, reason: `other ${count}` });
  const other = new TestChain("other", testSigner(1));
  other.add(stop);

  it("is only forged where it is changed", () => {
    expect(
      outcome(
        changed(proof, (_, all) => signedCheckpoint(all, 6)),
        { keys },
      ),
    ).toBe("authentic");
    expect(
      outcome(
        changed(proof, () => ({ checkpoint: noteBy(testSigner(1)) })),
        { keys },
      ),
    ).toBe("authentic");
    expect(outcome(proof, { keys })).toBe("authentic");
    expect(
      outcome(
        changed(proof, (_, all) => extraOf(all)),
        { keys },
      ),
    ).toBe("authentic");
  });

  it.each<readonly [string, string, (parts: TlogProof, lines: string[]) => Partial<TlogProof>]>([
    ["has no receipt", "malformed", () => ({ extra: new Uint8Array() })],
    ["has text for receipts", "malformed", () => ({ extra: new TextEncoder().encode("hello") })],
    ["has no UTF-8", "malformed", () => ({ extra: Uint8Array.from([0xff, 0x0a]) })],
    ["has something else for a receipt", "malformed", (_, all) => extraOf(all.with(1, "{}"))],
    [
      "has no line feed at its end",
      "malformed",
      (_, all) => ({ extra: new TextEncoder().encode(all.join("\n")) }),
    ],
    ["lacks the checkpoint's receipt", "malformed", (_, all) => extraOf(all.slice(0, -1))],
    ["lacks the receipt", "malformed", (_, all) => extraOf(all.toSpliced(1, 1))],
    ["lacks the key", "missing_key", (_, all) => extraOf(all.slice(1))],
    ["has a receipt that is not needed", "malformed", (_, all) => extraOf(all.toSpliced(1, 0, lines[2]!))],
    ["has receipts of another chain", "malformed", (_, all) => extraOf(all.with(0, other.lines[0]!))],
    ["has them in another order", "missing_key", (_, all) => extraOf([all[1]!, all[0]!, all[2]!])],
    ["has a receipt from another history", "bad_proof", (_, all) => extraOf(all.with(1, outside.lines[3]!))],
    ["is of another place", "malformed", () => ({ index: 4 })],
    ["has another path", "bad_proof", ({ hashes }) => ({ hashes: hashes.toReversed() })],
    ["lacks a hash", "bad_proof", ({ hashes }) => ({ hashes: hashes.slice(1) })],
    [
      "has another log's note",
      "bad_checkpoint",
      () => ({ checkpoint: parseTlogProof(otherProof).checkpoint }),
    ],
    [
      "has a note of another size",
      "bad_checkpoint",
      ({ checkpoint }) => ({ checkpoint: checkpoint.replace("\n6\n", "\n5\n") }),
    ],
    [
      "has a note that is no checkpoint",
      "bad_checkpoint",
      ({ checkpoint }) => ({ checkpoint: checkpoint.replace("\n6\n", "\nsix\n") }),
    ],
    ["has a note signed by another key", "bad_checkpoint", () => ({ checkpoint: noteBy(testSigner(5)) })],
    [
      "has a note of another size that the chain's key signed",
      "bad_checkpoint",
      () => ({ checkpoint: noteBy(testSigner(1), (text) => text.replace("\n6\n", "\n7\n")) }),
    ],
    [
      "has a checkpoint of another size than its place",
      "bad_checkpoint",
      (_, all) => signedCheckpoint(all, 7),
    ],
    ["has a key twice", "malformed", (_, all) => extraOf(all.toSpliced(1, 0, all[0]!))],
  ])("is found when it %s", (_what, reason, change) => {
    expect(outcome(changed(proof, change), { keys })).toBe(reason);
  });
});
