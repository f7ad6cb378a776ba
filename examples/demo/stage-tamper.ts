import { readFile } from "node:fs/promises";
import { Readable } from "node:stream";
import type { PublicJwk } from "@tollgate/core";
import { type Break, receiptLines, verifyChain } from "@tollgate/core/verify";
import type { Books } from "./stage-receipts.ts";

const lineFeed = 0x0a;

/** Changes copies of the receipt file in ways that an accountant would want to know of. */
export async function tamper({ path, publicKey, screen }: Omit<Books, "ledger">): Promise<void> {
  screen.headline(
    "5. Tampering",
    "Somebody would like one call to have cost less, or not to have happened. In copies of the file:",
  );
  const file = await readFile(path);
  const at = file.lastIndexOf('"amount":"180000000"');
  if (at === -1) {
    screen.verdict(false, "there is a settlement of $0.18 to change");
    return;
  }
  const seq = file.subarray(0, at).filter((byte) => byte === lineFeed).length;

  const flipped = Buffer.from(file);
  const digit = at + '"amount":"1'.length;
  flipped[digit] = "0".charCodeAt(0);
  const changed = await verify(flipped, publicKey);
  screen.say(`One byte of receipt ${seq} flipped, so that $0.18 reads $0.10:`);
  screen.say(describe(changed), "    ");
  screen.verdict(
    changed?.seq === seq && changed.reason === "bad_signature",
    `the verifier names sequence ${seq} and the reason`,
  );

  const start = file.lastIndexOf(lineFeed, at) + 1;
  const end = file.indexOf(lineFeed, at) + 1;
  const missing = await verify(Buffer.concat([file.subarray(0, start), file.subarray(end)]), publicKey);
  screen.say(`The line of receipt ${seq} deleted:`);
  screen.say(describe(missing), "    ");
  screen.verdict(
    missing?.seq === seq && missing.reason === "sequence_gap",
    `the verifier names sequence ${seq} and the reason`,
  );
}

/** What the verifier finds wrong; null when it finds nothing. */
async function verify(file: Uint8Array, publicKey: PublicJwk): Promise<Break | null> {
  const { break: found } = await verifyChain(receiptLines(Readable.from([file])), { keys: [publicKey] });
  return found;
}

function describe(found: Break | null): string {
  return found === null
    ? "nothing is wrong"
    : `broken at sequence ${found.seq}: ${found.reason} (${found.message})`;
}
