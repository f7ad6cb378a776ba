import { strict as assert } from "node:assert";
import type { BaseMessage } from "@langchain/core/messages";
import { type BaseCheckpointSaver, type Interrupt, MemorySaver } from "@langchain/langgraph";
import { ChatOpenAI } from "@langchain/openai";
import type { MockProvider } from "@tollgate/conformance/mock-provider";
import type { Script } from "@tollgate/conformance/mock-reply";
import { money, testGate, testProvider } from "@tollgate/conformance/test-gate";
import {
  type ActionInput,
  type BudgetInput,
  findDenial,
  type Gate,
  type GateOptions,
  type Permit,
  type Subject,
} from "@tollgate/core";

/** A gate and the OpenAI client of LangChain at a provider of one's own. */
export interface Fixture {
  readonly gate: Gate;
  readonly provider: MockProvider;
  readonly saver: BaseCheckpointSaver;
  /** Asks the model what a permit lets it be asked. */
  ask(permit: Permit, messages?: BaseMessage[] | string, signal?: AbortSignal): Promise<BaseMessage>;
}

/** The action that {@link Fixture.ask} makes. */
export const asking: ActionInput = { kind: "llm", name: "gpt-4o", params: { prompt: "hi" } };

/** A budget of so many model calls. */
export const calls = (count: number, more: Partial<BudgetInput> = {}): BudgetInput => ({
  id: "calls",
  limit: `${count} calls`,
  match: { kind: "llm" },
  ...more,
});

/** Opens a fixture for one test. Tokens cost $2 and $8 per million. */
export async function open(options: GateOptions = {}, script?: Script): Promise<Fixture> {
  const provider = await testProvider(script);
  return {
    gate: newGate(options),
    provider,
    saver: new MemorySaver(),
    ask: (permit, messages, signal) => askAt(provider.url, permit, messages, signal),
  };
}

/** A gate with a budget that books all money, and those given. */
export function newGate({ budgets = [], ...options }: GateOptions = {}): Gate {
  return testGate({ ...options, budgets: [money, ...budgets] });
}

/** The real client, without retries of its own: each would be a request without a permit. */
export async function askAt(
  baseURL: string,
  { action }: Permit,
  messages: BaseMessage[] | string = "hi",
  signal?: AbortSignal,
): Promise<BaseMessage> {
  const model = new ChatOpenAI({
    model: action.name,
    maxTokens: action.maxOutputTokens ?? 16,
    maxRetries: 0,
    apiKey: "none",
    configuration: { baseURL },
  });
  return model.invoke(messages, signal === undefined ? {} : { signal });
}

/** A thread's configuration. */
export const thread = (
  id: string = "thread-1",
  tollgate: Subject = {},
): { readonly configurable: { readonly thread_id: string; readonly tollgate: Subject } } => ({
  configurable: { thread_id: id, tollgate },
});

/** What a graph's result says it was interrupted with. */
export function interruptsOf(result: unknown): readonly Interrupt[] {
  return (result as { readonly __interrupt__?: readonly Interrupt[] }).__interrupt__ ?? [];
}

/** What is booked in the budget `calls` and in `money`, and what is still held. */
export async function booksOf(gate: Gate): Promise<Record<"calls" | "money" | "held", bigint>> {
  const balances = await gate.balances();
  const of = (id: string) => balances.filter(({ budget }) => budget === id);
  return {
    calls: of("calls").reduce((sum, { spent }) => sum + spent, 0n),
    money: of("money").reduce((sum, { spent }) => sum + spent, 0n),
    held: balances.reduce((sum, { held }) => sum + held, 0n),
  };
}

/**
 * Expects of several who ran the same task at once that one came through, and that whoever did not found
 * somebody else at it. (Who comes late enough finds the task done, and comes through without a call.)
 */
export function expectRace(results: readonly PromiseSettledResult<unknown>[]): void {
  assert.ok(results.some(({ status }) => status === "fulfilled"));
  for (const result of results) {
    if (result.status === "rejected") assert.equal(findDenial(result.reason)?.code, "idempotency_conflict");
  }
}
