import type { Files } from "./import-graph.ts";

const core = {
  name: "@tollgate/core",
  exports: {
    ".": { "tollgate-source": "./src/index.ts" },
    "./node": { "tollgate-source": "./src/node/index.ts" },
  },
  imports: {
    "#sha256": {
      "tollgate-source": { node: "./src/codec/sha256.node.ts", default: "./src/codec/sha256.noble.ts" },
    },
  },
  dependencies: { zod: "4" },
};
const adapter = (name: string, peer: string): string =>
  JSON.stringify({
    name: `@tollgate/${name}`,
    exports: { ".": { "tollgate-source": "./src/index.ts" } },
    peerDependencies: { "@tollgate/core": "workspace:^", [peer]: "1" },
  });

/** A small workspace that keeps every rule, with an import of each allowed sort. */
const clean: Readonly<Record<string, string>> = {
  "packages/core/package.json": JSON.stringify(core),
  "packages/core/src/errors.ts": `export class E extends Error {}`,
  "packages/core/src/codec/sha256.node.ts": `import { hash } from "node:crypto"; export { hash };`,
  "packages/core/src/codec/sha256.noble.ts": `export const hash = 1;`,
  "packages/core/src/action/action.ts": `import * as z from "zod"; import { E } from "../errors.ts";`,
  "packages/core/src/evaluate/evaluator.ts": `import type { Action } from "../action/action.ts";`,
  "packages/core/src/ledger/ledger.ts": `export interface Ledger {}`,
  "packages/core/src/receipt/digest.ts": `import { hash } from "#sha256"; export { hash };`,
  "packages/core/src/receipt/local-signer.ts": `import { hash } from "./digest.ts";`,
  "packages/core/src/receipt/verify.ts": `import { hash } from "./digest.ts";`,
  "packages/core/src/gate/gate.ts": `import { s } from "../receipt/local-signer.ts"; import "../ledger/ledger.ts";`,
  "packages/core/src/gate/gate.test.ts": `import fs from "node:fs"; import { x } from "@tollgate/ai-sdk";`,
  "packages/core/src/node/index.ts": `import { hash } from "../codec/sha256.node.ts"; import "node:fs";`,
  "packages/core/src/verify.ts": `export { v } from "./receipt/verify.ts";`,
  "packages/core/src/index.ts": `export { gate } from "./gate/gate.ts";`,
  "packages/core/src/gate/run.test.ts": `import { sample } from "../../test/sample.ts";`,
  "packages/core/test/sample.ts": `import fs from "node:fs"; export const sample = 1;`,
  "packages/ai-sdk/package.json": adapter("ai-sdk", "ai"),
  "packages/ai-sdk/src/index.ts": `import { gate } from "@tollgate/core"; import type { Model } from "ai";`,
  "packages/mastra/package.json": adapter("mastra", "@mastra/core"),
  "packages/mastra/src/index.ts": `export const mastra = 1;`,
};

/** The clean workspace with some files put in or replaced. */
export function plant(changes: Readonly<Record<string, string>>): Files {
  return new Map(Object.entries({ ...clean, ...changes }));
}

/** What must be found by which rule: one violation each, planted into the clean workspace. */
export const planted: readonly (readonly [rule: string, what: string, changes: Record<string, string>])[] = [
  ["resolves", "a file that is not there", { "packages/core/src/errors.ts": `import "./gone.ts";` }],
  ["resolves", "a # import without an entry", { "packages/core/src/errors.ts": `import "#gone";` }],
  [
    "resolves",
    "an export that is not there",
    { "packages/ai-sdk/src/x.ts": `import "@tollgate/core/gone";` },
  ],
  ["resolves", "a computed import", { "packages/ai-sdk/src/x.ts": `export const x = (m) => import(m);` }],

  ["room order", "action -> ledger", { "packages/core/src/action/x.ts": `import "../ledger/ledger.ts";` }],
  [
    "room order",
    "evaluate -> ledger",
    { "packages/core/src/evaluate/x.ts": `import "../ledger/ledger.ts";` },
  ],
  [
    "room order",
    "ledger -> evaluate, of a type",
    { "packages/core/src/ledger/x.ts": `import type { E } from "../evaluate/evaluator.ts";` },
  ],
  [
    "room order",
    "pricing -> ledger, written as a type",
    { "packages/core/src/pricing/x.ts": `export type L = import("../ledger/ledger.ts").Ledger;` },
  ],
  [
    "room order",
    "receipt -> gate, awaited",
    { "packages/core/src/receipt/x.ts": `await import("../gate/gate.ts");` },
  ],
  [
    "room order",
    "codec -> receipt, re-exported",
    { "packages/core/src/codec/x.ts": `export { d } from "../receipt/digest.ts";` },
  ],
  ["room order", "gate -> index", { "packages/core/src/gate/x.ts": `import "../index.ts";` }],
  ["room order", "verify -> gate", { "packages/core/src/verify.ts": `import "./gate/gate.ts";` }],
  ["room order", "export -> gate", { "packages/core/src/export/x.ts": `import "../gate/gate.ts";` }],
  [
    "room order",
    "receipt -> export",
    {
      "packages/core/src/receipt/x.ts": `import "../export/csv.ts";`,
      "packages/core/src/export/csv.ts": `export const csv = 1;`,
    },
  ],
  ["room order", "a file in no room", { "packages/core/src/attic/x.ts": `export const x = 1;` }],
  ["room order", "a loose file", { "packages/core/src/loose.ts": `export const x = 1;` }],

  [
    "verify without the signer",
    "two steps away",
    {
      "packages/core/src/receipt/verify-chain.ts": `import "./middle.ts";`,
      "packages/core/src/receipt/middle.ts": `import type { S } from "./local-signer.ts";`,
    },
  ],

  [
    "tests apart",
    "a test's helper",
    {
      "packages/ai-sdk/src/x.ts": `import "../test/sample.ts";`,
      "packages/ai-sdk/test/sample.ts": `export const sample = 1;`,
    },
  ],

  ["packages apart", "adapter -> adapter", { "packages/ai-sdk/src/x.ts": `import "@tollgate/mastra";` }],
  ["packages apart", "core -> adapter", { "packages/core/src/gate/x.ts": `import "@tollgate/ai-sdk";` }],
  [
    "packages apart",
    "a relative way out",
    { "packages/ai-sdk/src/x.ts": `import "../../core/src/errors.ts";` },
  ],

  [
    "one framework each",
    "another's framework",
    { "packages/ai-sdk/src/x.ts": `import "@mastra/core/tools";` },
  ],
  [
    "one framework each",
    "a framework in core",
    { "packages/core/src/gate/x.ts": `import type { M } from "ai";` },
  ],

  ["declared dependencies", "an undeclared one", { "packages/ai-sdk/src/x.ts": `import "zod/mini";` }],

  [
    "node built-ins",
    "node: in core",
    { "packages/core/src/gate/x.ts": `import { readFile } from "node:fs";` },
  ],
  [
    "node built-ins",
    "without node:",
    { "packages/core/src/gate/x.ts": `import type { Hash } from "crypto";` },
  ],
  ["node built-ins", "node: in an adapter", { "packages/ai-sdk/src/x.ts": `export * as fs from "node:fs";` }],
  [
    "node built-ins",
    "by the back door",
    { "packages/core/src/gate/x.ts": `const c = process.getBuiltinModule("node:crypto");` },
  ],
  [
    "node built-ins",
    "past the # door",
    { "packages/core/src/receipt/x.ts": `import "../codec/sha256.node.ts";` },
  ],
  ["node built-ins", "core's node room", { "packages/ai-sdk/src/x.ts": `import "@tollgate/core/node";` }],

  [
    "no cycles",
    "two files",
    {
      "packages/core/src/gate/x.ts": `import { y } from "./y.ts";`,
      "packages/core/src/gate/y.ts": `import { x } from "./x.ts";`,
    },
  ],

  ["no export *", "plain", { "packages/core/src/index.ts": `export * from "./gate/gate.ts";` }],
  ["no export *", "of types", { "packages/core/src/index.ts": `export type * from "./gate/gate.ts";` }],
  ["no export *", "as a name", { "packages/core/src/index.ts": `export * as gate from "./gate/gate.ts";` }],

  ["short files", "301 lines", { "packages/core/src/gate/x.ts": "// line\n".repeat(301) }],
  ["short files", "of a script", { "scripts/x.mjs": "// line\n".repeat(301) }],

  ["telling names", "utils", { "packages/core/src/gate/utils.ts": "" }],
  ["telling names", "a folder of helpers", { "packages/ai-sdk/src/helpers/x.ts": "" }],
  ["telling names", "types in a test folder", { "packages/ai-sdk/test/types.ts": "" }],
];
