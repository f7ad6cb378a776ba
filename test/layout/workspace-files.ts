import { globSync, readFileSync } from "node:fs";
import type { Files } from "./import-graph.ts";

const root = new URL("../../", import.meta.url);
const patterns = [
  "packages/*/package.json",
  "packages/*/{src,test}/**/*.{ts,tsx,mts}",
  "{examples,bench,scripts,test}/**/*.{ts,mjs}",
];

/** All files of the workspace that the layout rules speak about, from the disk. */
export function workspaceFiles(): Files {
  const files = new Map<string, string>();
  for (const path of globSync(patterns, { cwd: root, exclude: (name) => /node_modules|dist/.test(name) })) {
    files.set(path.replaceAll("\\", "/"), readFileSync(new URL(path, root), "utf8"));
  }
  return files;
}
