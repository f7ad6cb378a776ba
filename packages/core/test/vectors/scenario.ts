import type { PatchField } from "../../src/action/action.ts";
import type { JsonObject, JsonValue } from "../../src/codec/json.ts";
import type { BudgetInput } from "../../src/ledger/budget.ts";
import type { PriceTable } from "../../src/pricing/price-table.ts";

/** A rule of the gate, in JSON. */
export type ScenarioRule =
  | {
      readonly rule: "allow-tools" | "deny-tools" | "allow-models" | "deny-models";
      readonly patterns: readonly string[];
      readonly terminal?: boolean;
    }
  | {
      readonly rule: "capability-tiers";
      readonly tools: JsonObject;
      readonly otherwise?: string;
      readonly grants?: JsonObject;
    }
  /** Evaluators that no gate comes with: they answer the same to every action whose name matches. */
  | { readonly rule: "approve" | "skip"; readonly patterns: readonly string[] }
  | { readonly rule: "degrade"; readonly patterns: readonly string[]; readonly patch: JsonObject };

/** How the gate of a scenario is made. */
export interface ScenarioGate {
  readonly budgets?: readonly BudgetInput[];
  readonly rules?: readonly ScenarioRule[];
  readonly prices?: PriceTable;
  readonly unpriced?: "deny" | "allow";
  readonly mode?: "enforce" | "shadow";
  readonly maxOutputTokens?: number | "unbounded";
  readonly reservationTtlMs?: number;
}

/** One thing that happens; `attempt` is the index of the step that decided. */
export type ScenarioStep =
  | {
      readonly do: "decide";
      readonly run: string;
      /** In the words of receipts: `max_output_tokens`, `input_tokens`, `media_parts`; amounts are decimals. */
      readonly action: JsonObject;
      readonly accepts?: readonly PatchField[];
    }
  | {
      readonly do: "settle";
      readonly attempt: number;
      readonly usage?: JsonObject;
      readonly amounts?: JsonObject;
    }
  | { readonly do: "release"; readonly attempt: number }
  | { readonly do: "grant" | "refuse"; readonly attempt: number }
  | { readonly do: "stop"; readonly run: string }
  | { readonly do: "wait"; readonly ms: number };

/** A gate, what happens to it, and whether the last action that is decided goes through. */
export interface Scenario {
  readonly comment: string;
  readonly flags: readonly string[];
  readonly gate: ScenarioGate;
  /** @default 2026-03-02T09:15:00.000Z */
  readonly start?: string;
  /** Runs by id, in the order in which they are opened. */
  readonly runs: Readonly<Record<string, { readonly subject: JsonObject; readonly parent?: string }>>;
  readonly steps: readonly ScenarioStep[];
  /** `valid` when the last action goes through, else the code of its decision. */
  readonly last: string;
}

/** What came of a scenario. */
export interface Played {
  /** For each step what it came to; null where there is nothing to say. */
  readonly expected: readonly JsonValue[];
  readonly balances: readonly JsonObject[];
  /** The receipts' bodies in the order of their chain. */
  readonly bodies: readonly JsonObject[];
  readonly last: string;
}
