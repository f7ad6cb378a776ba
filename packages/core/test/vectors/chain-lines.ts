import { digestOf } from "../../src/codec/digest.ts";
import type { JsonObject } from "../../src/codec/json.ts";
import type { Signer } from "../../src/receipt/signer.ts";
import { signLine } from "./signed-line.ts";

/** Signs bodies as one chain: each gets the digest of the line before it, and all else is as it stands. */
export function chainLines(bodies: readonly JsonObject[], signer: Signer): readonly string[] {
  const lines: string[] = [];
  for (const body of bodies) {
    const before = lines.at(-1);
    lines.push(signLine({ ...body, prev: before === undefined ? null : digestOf(before) }, signer));
  }
  return lines;
}
