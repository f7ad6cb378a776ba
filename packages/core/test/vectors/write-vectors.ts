// Writes test_vectors anew: npm run vectors
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { makeVectorFiles } from "./vector-files.ts";

const folder = new URL("../../../../test_vectors/", import.meta.url);
for (const [path, text] of await makeVectorFiles()) {
  const file = fileURLToPath(new URL(path, folder));
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
