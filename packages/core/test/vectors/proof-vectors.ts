import { encodeBase64 } from "../../src/codec/base64.ts";
import type { JsonObject } from "../../src/codec/json.ts";
import { formatCheckpoint } from "../../src/receipt/checkpoint-text.ts";
import { proveReceipt } from "../../src/receipt/prove-receipt.ts";
import type { CheckpointBody } from "../../src/receipt/receipt.ts";
import { ChainWriter, closed, endorsementOf, stopped } from "./chain-writer.ts";
import { merkleGroups, merkleNotes } from "./merkle-vectors.ts";
import { lineBy, noteGroup } from "./note-vectors.ts";
import { type ProofParts, packed, put, taken, unpacked } from "./proof-parts.ts";
import { timeAt } from "./sample-bodies.ts";
import { type VectorSigner, vectorSigner } from "./signed-line.ts";
import { invalid, type VectorFileContent, type VectorTest, valid } from "./vector-file.ts";

const [root, signer, second] = [vectorSigner(1), vectorSigner(7), vectorSigner(8)] as const;

const trust = (...signers: readonly VectorSigner[]): JsonObject => ({
  keys: signers.map(({ publicKey }) => ({ ...publicKey })),
});

/** A chain of a key, four stops and a checkpoint of these five. */
function chainOf(name = "main"): readonly string[] {
  const writer = new ChainWriter({ signer, chain: name }).open().write(stopped, stopped, stopped, stopped);
  return writer.write(writer.checkpoint()).write(closed).lines;
}

/** Proofs in text, and the trees that they are about. */
export async function proofVectors(): Promise<VectorFileContent> {
  return {
    algorithm: "Proofs",
    header: [
      "MerkleRoot: whether 'root' is that over 'leaves' (hex of their data).",
      "Inclusion: whether the leaf with this hash is in the tree; Consistency: whether the new tree begins with the old one.",
      "SignedNote: whether 'note' is a C2SP signed note that 'key' (a C2SP verifier key) signed.",
      "ReceiptProof: verify 'proof', a C2SP tlog-proof, under 'options'; 'receipt' is the line that it proves.",
    ],
    notes: {
      ...merkleNotes,
      Note: "C2SP signed-note: a text, an empty line, and lines of signatures.",
      Proof:
        "A proof carries the receipt, the key receipts of its chain up to a checkpoint, and that checkpoint's receipt.",
      ProofText: "A proof has one text only.",
      ProofTrust: "A proof is trusted as a chain is: by its keys.",
    },
    groups: [
      ...merkleGroups(),
      noteGroup(),
      {
        type: "ReceiptProof",
        tests: [...(await soundProofs()), ...(await brokenProofs()), ...(await mistrusted())],
      },
    ],
  };
}

function test(
  flag: string,
  comment: string,
  proof: string,
  options: JsonObject,
  expected: string,
  receipt?: string,
): VectorTest {
  const members = { proof, options, ...(receipt === undefined ? {} : { receipt }) };
  return expected === "authentic" || expected === "bound"
    ? valid(comment, [flag], { ...members, verdict: expected })
    : invalid(comment, [flag], expected, members);
}

async function soundProofs(): Promise<readonly VectorTest[]> {
  const lines = chainOf();
  const tests: VectorTest[] = [];
  for (let seq = 0; seq < 5; seq++) {
    const proof = await proveReceipt(lines, { chain: "main", seq });
    tests.push(test("Proof", `receipt ${seq} of 5`, proof, trust(signer), "authentic", lines[seq]));
  }
  const named = chainOf("\u00e9\u{1f600}");
  const proof = await proveReceipt(named, { chain: "\u00e9\u{1f600}", seq: 1 });
  const witnessed = taken(await proveReceipt(lines, { chain: "main", seq: 2 }));
  const text = `${witnessed.note.split("\n\n")[0]}\n`;
  const cosigned = put({ ...witnessed, note: witnessed.note + lineBy(second, text, "witness.example") });
  const longer = `${text}an extension\n`;
  const extended = put({ ...witnessed, note: `${longer}\n${lineBy(signer, longer)}` });
  return [
    ...tests,
    test("Proof", "a chain with a name beyond ASCII", proof, trust(signer), "authentic", named[1]),
    test("Proof", "a checkpoint with an extension line", extended, trust(signer), "authentic", lines[2]),
    test("Proof", "a checkpoint with a witness", cosigned, trust(signer), "authentic", lines[2]),
    test(
      "ProofTrust",
      "nobody said whom to trust",
      await proveReceipt(lines, { chain: "main", seq: 2 }),
      {},
      "bound",
      lines[2],
    ),
  ];
}

async function brokenProofs(): Promise<readonly VectorTest[]> {
  const lines = chainOf();
  const text = await proveReceipt(lines, { chain: "main", seq: 2 });
  const parts = taken(text);
  const [key = "", receipt = "", checkpoint = ""] = unpacked(parts.extra);
  const own = trust(signer);
  const broken = (comment: string, change: Partial<ProofParts>, reason: string): VectorTest =>
    test("Proof", comment, put({ ...parts, ...change }), own, reason);
  const form = (comment: string, proof: string): VectorTest =>
    test("ProofText", comment, proof, own, "malformed");
  const extra = (...all: readonly string[]): Partial<ProofParts> => ({ extra: packed(all) });
  const [first = "", ...others] = parts.hashes;
  const elsewhere = taken(await proveReceipt(chainOf("other"), { chain: "other", seq: 2 }));
  const body = JSON.parse(checkpoint).body as CheckpointBody;
  const note = (origin: string, size = body.size, by = signer): Partial<ProofParts> => {
    const head = formatCheckpoint({ origin, size, root: body.root });
    return { note: `${head}\n${lineBy(by, head, origin)}` };
  };
  const signedNote = (head: string): Partial<ProofParts> => ({ note: `${head}\n${lineBy(signer, head)}` });
  const rootText = encodeBase64(new Uint8Array(Buffer.from(body.root.slice(7), "hex")));
  const wrongSize = new ChainWriter({ signer }).open().write(stopped, stopped, stopped, stopped);
  const lie = wrongSize.next(wrongSize.checkpoint({ size: 4 }));
  return [
    broken(
      "another receipt of the same chain",
      extra(key, (lines[1] ?? "").replace('"seq":1', '"seq":2'), checkpoint),
      "bad_signature",
    ),
    broken("a hash that was changed", { hashes: [encodeBase64(new Uint8Array(32)), ...others] }, "bad_proof"),
    broken("a hash too few", { hashes: others }, "bad_proof"),
    broken("a hash too many", { hashes: [...parts.hashes, first] }, "bad_proof"),
    broken("hashes in another order", { hashes: [...others, first] }, "bad_proof"),
    broken("no hashes", { hashes: [] }, "bad_proof"),
    broken("the index of the key", { index: "index 0" }, "malformed"),
    broken("the index of a receipt that is not there", { index: "index 3" }, "malformed"),
    broken("the receipt is not there", extra(key, checkpoint), "malformed"),
    broken("the checkpoint's receipt is not there", extra(key, receipt), "malformed"),
    broken("the key is not there", extra(receipt, checkpoint), "missing_key"),
    broken("a receipt more than is needed", extra(key, lines[1] ?? "", receipt, checkpoint), "malformed"),
    broken("receipts out of order", extra(receipt, key, checkpoint), "missing_key"),
    broken("a receipt twice", extra(key, receipt, receipt, checkpoint), "malformed"),
    broken("a line that is no receipt", extra(key, "{}", receipt, checkpoint), "malformed"),
    broken("an empty line", extra(key, "", receipt, checkpoint), "not_json"),
    broken("a space in a receipt", extra(key, `${receipt} `, checkpoint), "not_canonical"),
    broken(
      "the last line without its line feed",
      { extra: encodeBase64(new TextEncoder().encode(unpacked(parts.extra).join("\n"))) },
      "malformed",
    ),
    broken(
      "a receipt of another chain",
      extra(key, unpacked(elsewhere.extra)[1] ?? "", checkpoint),
      "malformed",
    ),
    broken("the checkpoint of another chain", { note: elsewhere.note }, "bad_checkpoint"),
    broken("a note for another origin", note("other/main"), "bad_checkpoint"),
    broken("a note for another size", note("tollgate/main", 6), "bad_checkpoint"),
    broken("a note by another key", note("tollgate/main", 5, second), "bad_checkpoint"),
    broken("a note that is no checkpoint", signedNote("two\nlines\n"), "bad_checkpoint"),
    broken(
      "a root that is cut short",
      signedNote(`tollgate/main\n5\n${rootText.slice(0, -4)}\n`),
      "bad_checkpoint",
    ),
    broken(
      "a size in digits of another script",
      signedNote(`tollgate/main\n\u0665\n${rootText}\n`),
      "bad_checkpoint",
    ),
    broken("a size with a leading zero", signedNote(`tollgate/main\n05\n${rootText}\n`), "bad_checkpoint"),
    broken(
      "an empty line inside the checkpoint",
      signedNote(`tollgate/main\n5\n${rootText}\n\nmore\n`),
      "bad_checkpoint",
    ),
    broken(
      "a checkpoint whose size is not its place",
      { ...extra(key, receipt, lie), ...note("tollgate/main", 4) },
      "bad_checkpoint",
    ),
    broken(
      "extra data that are no UTF-8",
      { extra: encodeBase64(new Uint8Array([0xff, 0x0a])) },
      "malformed",
    ),
    broken(
      "a byte order mark before the receipts",
      {
        extra: encodeBase64(new Uint8Array([0xef, 0xbb, 0xbf, ...Buffer.from(parts.extra ?? "", "base64")])),
      },
      "not_json",
    ),
    broken("no extra data", { extra: null }, "malformed"),
    form("another version", text.replace("@v1", "@v2")),
    form("extra data that are not base64", put({ ...parts, extra: "!" })),
    form("an index with a leading zero", put({ ...parts, index: "index 02" })),
    form("no index", put({ ...parts, index: "" })),
    form("an index of 2^53", put({ ...parts, index: "index 9007199254740992" })),
    form("a hash of 31 bytes", put({ ...parts, hashes: [encodeBase64(new Uint8Array(31)), ...others] })),
    form("a hash without its padding", put({ ...parts, hashes: [first.replace(/=$/, ""), ...others] })),
    form("54 hashes", put({ ...parts, hashes: Array.from({ length: 54 }, () => first) })),
    form("no checkpoint", text.slice(0, text.indexOf("\n\n") + 2)),
    form("carriage returns", text.replaceAll("\n", "\r\n")),
    form("nothing", ""),
    form("a receipt", receipt),
  ];
}

async function mistrusted(): Promise<readonly VectorTest[]> {
  const lines = chainOf();
  const plain = await proveReceipt(lines, { chain: "main", seq: 2 });
  const writer = new ChainWriter({ signer }).open().write(stopped).rotate(second).write(stopped);
  const rotated = writer.write(writer.checkpoint()).lines;
  const bounds = { notbefore: timeAt(0), notafter: timeAt(2000) };
  const endorsed = new ChainWriter({ signer })
    .open({ endorsement: endorsementOf(root, signer, bounds) })
    .write(stopped);
  const inTime = endorsed.write(endorsed.checkpoint()).lines;
  const late = new ChainWriter({ signer })
    .open({ endorsement: endorsementOf(root, signer, bounds) })
    .write(stopped, stopped);
  const tooLate = late.write(late.checkpoint()).lines;
  const over = await proveReceipt(rotated, { chain: "main", seq: 1 });
  const parts = taken(over);
  const withoutRotation = put({
    ...parts,
    extra: packed(
      unpacked(parts.extra).filter(
        (line) => !line.includes(`"kid":"${second.kid}"`) || line.includes("checkpoint"),
      ),
    ),
  });
  const since = (ms: number): JsonObject => ({
    ...trust(signer),
    revoked: [{ kid: signer.kid, since: timeAt(ms) }],
  });
  const trusting = (
    comment: string,
    proof: string,
    options: JsonObject,
    expected: string,
    receipt?: string,
  ): VectorTest => test("ProofTrust", comment, proof, options, expected, receipt);
  return [
    trusting("a chain that went over to another key", over, trust(signer), "authentic", rotated[1]),
    trusting(
      "a receipt by the key that was handed over to",
      await proveReceipt(rotated, { chain: "main", seq: 3 }),
      trust(signer),
      "authentic",
      rotated[3],
    ),
    trusting(
      "the receipt that hands over",
      await proveReceipt(rotated, { chain: "main", seq: 2 }),
      trust(signer),
      "authentic",
      rotated[2],
    ),
    trusting(
      "a key that a trusted root endorses",
      await proveReceipt(inTime, { chain: "main", seq: 1 }),
      trust(root),
      "authentic",
      inTime[1],
    ),
    trusting("a key that was revoked after the checkpoint", plain, since(5001), "authentic", lines[2]),
    trusting("a key that is not trusted", plain, trust(second), "untrusted_key"),
    trusting("only the later key is trusted", over, trust(second), "untrusted_key"),
    trusting("the receipt that hands over is not there", withoutRotation, trust(signer), "unknown_key"),
    trusting(
      "a checkpoint after the endorsement's end",
      await proveReceipt(tooLate, { chain: "main", seq: 1 }),
      trust(root),
      "expired_key",
    ),
    trusting("a key that was revoked before the checkpoint", plain, since(5000), "revoked_key"),
    trusting(
      "a root that is not trusted",
      await proveReceipt(inTime, { chain: "main", seq: 1 }),
      trust(second),
      "untrusted_key",
    ),
  ];
}
