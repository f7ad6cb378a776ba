import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { publicPackages, root } from "../scripts/public-packages.ts";

/**
 * The names that each entry exports as values, in code-unit order.
 *
 * Whoever adds one here adds to what users rely on and must be kept.
 */
const face: Readonly<Record<string, readonly string[]>> = {
  "@tollgate/core": [
    "ActionDenied",
    "ApprovalRequired",
    "GateUnavailable",
    "IdempotencyConflict",
    "InvalidAction",
    "InvalidConfig",
    "StorageFailed",
    "TollgateError",
    "createGate",
    "createSigner",
    "findDenial",
    "formatAmount",
    "gateBudget",
    "genaiPrices",
    "guard",
    "memoryLedger",
    "memoryLog",
    "staticPrices",
  ],
  "@tollgate/core/adapter": [
    "LanguageModelGate",
    "answerApproval",
    "beginTool",
    "changedParams",
    "decideFor",
    "degradeFailed",
    "denialPayload",
    "endTool",
    "enforceSettings",
    "enforcedInput",
    "guardOpen",
    "guardStream",
    "isUnbilledCall",
    "isUnbilledError",
    "knownUsage",
    "languageUsage",
    "markFinal",
    "pauseTool",
    "resolveRun",
    "runTool",
    "streamTool",
    "takeSubject",
    "toModelAction",
    "toRefusal",
    "toolAnswer",
    "withFinalRefusals",
  ],
  "@tollgate/core/driver": [
    "agentName",
    "checkExpiry",
    "checkRequest",
    "findExceeded",
    "findStanding",
    "headAfter",
    "isAmount",
    "isLease",
    "leaseKeyPrefix",
    "maxAmount",
    "maxLineBytes",
    "readChoice",
    "readObject",
    "readTime",
    "readWhole",
    "receiptFilter",
    "sharedStops",
    "systemClock",
    "whyNotNext",
  ],
  "@tollgate/core/verify": [
    "MerkleFrontier",
    "chainOrigin",
    "checkSignatures",
    "consistencyProof",
    "formatCheckpoint",
    "formatNote",
    "formatNoteKey",
    "formatTlogProof",
    "inclusionProof",
    "isNoteSigned",
    "jwkThumbprint",
    "leafHash",
    "parseCheckpoint",
    "parseNote",
    "parseNoteKey",
    "parseTlogProof",
    "proveReceipt",
    "readEndorsement",
    "receiptLines",
    "replayBalances",
    "verifyChain",
    "verifyConsistency",
    "verifyEndorsement",
    "verifyInclusion",
    "verifyProof",
  ],
  "@tollgate/core/export": [
    "OpenActions",
    "decidedReceipts",
    "formatAmount",
    "fromDsseEnvelope",
    "letsThrough",
    "parseAmount",
    "parseReceipt",
    "printableJson",
    "printableText",
    "toAgtAudit",
    "toCsv",
    "toDsseEnvelope",
    "toOtlpLogs",
  ],
  "@tollgate/core/evaluators": [
    "allowModels",
    "allowTools",
    "capabilityTiers",
    "composite",
    "denyModels",
    "denyTools",
    "evaluator",
    "roleTools",
  ],
  "@tollgate/core/leases": ["leased"],
  "@tollgate/core/remote-evaluators": ["httpEvaluator", "opaEvaluator"],
  "@tollgate/core/identity": ["createIdentity"],
  "@tollgate/core/operate": ["createOperator"],
  "@tollgate/core/policy": [
    "actionKinds",
    "canonicalJson",
    "capabilities",
    "checkPattern",
    "createWindows",
    "digestOf",
    "localDates",
    "namePattern",
    "nearestName",
    "parseAmount",
    "parseBudgets",
    "partitionOf",
    "readPriceTable",
    "readTimeZone",
  ],
  "@tollgate/core/signing": [
    "checkpoints",
    "createPrivateJwk",
    "createSigner",
    "endorse",
    "endorsedSigner",
    "jwkThumbprint",
    "renewKeys",
    "signerFromJwk",
    "withEndorsement",
  ],
  "@tollgate/core/node": ["createKeyFile", "fileLog", "readKeyFile", "readPemFile", "signaturePool"],
  "@tollgate/core/testing": ["createChain", "keyContent", "manualClock"],
  "@tollgate/agt": [
    "agtEvaluator",
    "cedarOnLoopback",
    "lintAgtEngine",
    "lintAgtPolicy",
    "parseAgtCondition",
    "reconcile",
  ],
  "@tollgate/ai-sdk": [
    "gateEmbeddingModel",
    "gateImageModel",
    "gateModel",
    "gateProvider",
    "gateToolApproval",
    "gateTools",
    "toErrorMessage",
  ],
  "@tollgate/identity": ["jwtIdentity", "memoryReplays"],
  "@tollgate/langchain": [
    "gateCallback",
    "gateEmbeddings",
    "gateModel",
    "gateStream",
    "gateTool",
    "stopOnRefusal",
  ],
  "@tollgate/langchain/middleware": ["answerApproval", "gateMiddleware", "gateOutermost"],
  "@tollgate/langgraph": ["answerApproval", "budgetRetryOn", "gateNode", "gateToolNode", "gatedTask"],
  "@tollgate/mastra": [
    "answerApproval",
    "gateAgent",
    "gateGateway",
    "gateModel",
    "gateProcessor",
    "gateTool",
    "gateToolHooks",
  ],
  "@tollgate/openai-agents": [
    "gateGuardrails",
    "gateMcpServer",
    "gateModel",
    "gateModelProvider",
    "gateTool",
    "gateTools",
  ],
  "@tollgate/policy": ["InvalidPolicy", "lintPolicy", "loadPolicy", "problemText"],
  "@tollgate/postgres": ["dropReceipts", "forget", "migrate", "postgresLedger", "postgresLog"],
  "@tollgate/sqlite": ["dropReceipts", "sqliteFile", "sqliteLedger", "sqliteLog"],
};

const entries = publicPackages().flatMap(({ folder, manifest }) =>
  Object.entries(manifest.exports ?? {})
    .filter(([entry]) => entry !== "./package.json")
    .map(([entry, target]) => ({
      name: manifest.name + entry.slice(1),
      source: join(root, folder, String((target as Record<string, unknown>)["tollgate-source"])),
    })),
);

describe("the public face", () => {
  it("pins every entry of every public package", () => {
    expect(Object.keys(face).sort()).toEqual(entries.map(({ name }) => name).sort());
  });

  it.each(entries)("of $name has exactly the pinned names", async ({ name, source }) => {
    expect(existsSync(source), `${source} is missing`).toBe(true);
    expect(Object.keys(await import(source)).sort()).toEqual(face[name]);
  });

  it("of core's root stays small", () => {
    expect(face["@tollgate/core"]?.length).toBeGreaterThan(0);
    expect(face["@tollgate/core"]?.length).toBeLessThanOrEqual(25);
  });
});
