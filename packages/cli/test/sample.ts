import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { sampleFolder } from "./sample-log.ts";

/** The path of the sample's receipts. */
export const samplePath: string = fileURLToPath(new URL("receipts.jsonl", sampleFolder));

/** The path of the key that signed them. */
export const sampleKey: string = fileURLToPath(new URL("key.jwk", sampleFolder));

/** The sample's lines, without their line feeds. */
export const sampleLines: readonly string[] = readFileSync(samplePath, "utf8").trimEnd().split("\n");
