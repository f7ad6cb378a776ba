import type { Action } from "@tollgate/core";
import { InvalidConfig } from "@tollgate/core";
import { readChoice, readObject } from "@tollgate/core/driver";
import type { AgentStanding } from "./agent-standing.ts";
import type { AgtAuditLog, AgtEngine } from "./agt-engine.ts";
import type { AgtLintOptions } from "./lint.ts";

/** Options of `agtEvaluator`. */
export interface AgtEvaluatorOptions extends AgtLintOptions, AgentStanding {
  /** @default "agt" */
  readonly name?: string;
  /** How long AGT and its backends may take, in milliseconds. @default the gate's `evaluatorTimeoutMs` */
  readonly timeoutMs?: number;
  /** The agent's id for AGT, such as its DID. @default the subject's `agent` */
  readonly agentId?: (action: Action) => string | undefined;
  /** What conditions see besides the action; name what it adds in `fields`. */
  readonly context?: (action: Action) => Readonly<Record<string, unknown>>;
  /** Which kinds of actions AGT has a say in; the others pass. @default all */
  readonly kinds?: readonly Action["kind"][];
  /** AGT's `AuditLogger`: gets an entry for each answer, which names the decision. @default none is written */
  readonly audit?: AgtAuditLog;
}

const known = [
  "name",
  "timeoutMs",
  "agentId",
  "context",
  "kinds",
  "audit",
  "fields",
  "identities",
  "killSwitch",
  "lifecycle",
] as const satisfies readonly (keyof AgtEvaluatorOptions)[];

const kinds = Object.keys({
  llm: true,
  tool: true,
  embedding: true,
  image: true,
  speech: true,
  transcription: true,
  rerank: true,
  video: true,
  other: true,
} satisfies Record<Action["kind"], true>);

/** What an engine must be able to do. */
const methods = [
  "evaluate",
  "evaluatePolicy",
  "evaluatePolicyWithBackends",
  "evaluateWithBackends",
  "getPolicy",
  "getRules",
  "listBackends",
  "listPolicies",
] as const satisfies readonly (keyof AgtEngine)[];

/** Checks options as a whole: one that is misspelt would leave out what it asks for. @throws InvalidConfig */
export function checkAgtOptions(engine: AgtEngine, options: AgtEvaluatorOptions): void {
  if (!methods.every((method) => typeof engine?.[method] === "function")) {
    throw new InvalidConfig("policyEngine", "expected a PolicyEngine of @microsoft/agent-governance-sdk 4");
  }
  readObject(options, "options", known);
  const { agentId, context, audit, identities, killSwitch, lifecycle, fields } = options;
  if (Array.isArray(options.kinds) && options.kinds.length === 0)
    throw new InvalidConfig("kinds", "is empty: AGT would never be asked");
  expectAll("kinds", options.kinds, (kind, field) => void readChoice(kind, field, kinds));
  expectAll("fields", fields, (name, field) => {
    if (typeof name !== "string" || !/^[A-Za-z_]\w*$/.test(name))
      throw new InvalidConfig(field, "expected a name");
  });
  for (const [field, given] of Object.entries({ agentId, context, lifecycle })) {
    if (given !== undefined && typeof given !== "function")
      throw new InvalidConfig(field, "expected a function");
  }
  expectMethod("audit", audit, audit?.log, "an AuditLogger");
  expectMethod("identities", identities, identities?.get, "an IdentityRegistry");
  expectMethod("killSwitch", killSwitch, killSwitch?.getHistory, "a KillSwitch");
}

function expectAll(field: string, list: unknown, check: (item: unknown, field: string) => void): void {
  if (list === undefined) return;
  if (!Array.isArray(list)) throw new InvalidConfig(field, "expected a list");
  for (const [index, item] of list.entries()) check(item, `${field}[${index}]`);
}

function expectMethod(field: string, given: unknown, method: unknown, what: string): void {
  if (given !== undefined && typeof method !== "function")
    throw new InvalidConfig(field, `expected ${what} of AGT's`);
}
