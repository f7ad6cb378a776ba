import type { OpenAIProvider } from "@ai-sdk/openai";

import type { Balance, Gate } from "@tollgate/core";
import type { LiveTable } from "./live-table.ts";
import type { MockOpenAI } from "./mock-openai.ts";
import type { Screen } from "./screen.ts";

/** What every stage works with. */
export interface Demo {
  readonly gate: Gate;
  readonly openai: OpenAIProvider;
  readonly screen: Screen;
  /** Starts a table of the calls that the gate decides from now on. */
  watch(): LiveTable;
}

/** A stage at the mock server, which counts what reaches it. */
export interface OfflineDemo extends Demo {
  readonly server: MockOpenAI;
}

/** What a call costs by the usage that the mock server reports. */
export const callCost = 180_000_000n;

/** The most that a call may answer, which bounds what it can cost. */
export const maxOutputTokens = 1000;

/** Where the budget of a session stands, which here is a stage. */
export async function balanceOf(gate: Gate, session: string): Promise<Pick<Balance, "spent" | "held">> {
  const [balance] = await gate.balances({ budget: "task", partition: `session=${session}` });
  return balance ?? { spent: 0n, held: 0n };
}
