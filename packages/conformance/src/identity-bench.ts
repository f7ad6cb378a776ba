import { findDenial, type Gate, type Receipt, type Subject } from "@tollgate/core";
import { roleTools } from "@tollgate/core/evaluators";
import type { JwtIdentityOptions } from "@tollgate/identity";
import type { AskedTool, IdentityBench, NestedAgent } from "./identity-driver.ts";
import type { ProviderRequest, Reply } from "./mock-reply.ts";
import { receiptsOf, testGate, testProvider } from "./test-gate.ts";
import { type TestTokens, testTokens } from "./test-tokens.ts";

/** What a caller says, and what they are known by in all that is recorded of them. */
export const prompt = (name: string): string => `I am ${name}.`;

/** A bench of one test; `used` lists what the tools were used for. */
export interface Opened extends IdentityBench {
  readonly tokens: TestTokens;
  readonly used: string[];
}

/** Opens the bench of one law: a gate that takes tokens, and a model that asks for both tools. */
export async function open(
  use: (tool: AskedTool, text: string, tokens: TestTokens) => unknown = () => undefined,
  { delegate, ...identity }: Partial<JwtIdentityOptions> & Partial<Pick<NestedAgent, "delegate">> = {},
): Promise<Opened> {
  const tokens = await testTokens();
  const used: string[] = [];
  return {
    tokens,
    used,
    gate: testGate({
      clock: tokens.clock,
      identity: tokens.identity(identity),
      evaluators: [roleTools({ clerk: ["search", "transfer_*", "agent-*", "inner"], treasurer: ["*"] })],
      params: "full",
    }),
    provider: await testProvider((request) => reply(request, delegate)),
    async use(tool, text) {
      used.push(`${tool} ${text}`);
      await use(tool, text, tokens);
      return `${tool} of ${text}`;
    },
  };
}

/** The model asks for both tools for whoever spoke last, and then answers. */
function reply({ model, body }: ProviderRequest, delegate?: NestedAgent["delegate"]): Reply {
  const name = nameIn(body);
  const outer = delegate !== undefined && model === "gpt-4o" ? delegate(prompt(name)) : undefined;
  // The outer agent of a graph may be done, and the inner one begins.
  if (outer === null) return { text: "over to the next" };
  const wanted = outer === undefined ? ["search", "pay"] : [outer.name];
  const items = itemsOf(body);
  const turn = items.slice(items.findLastIndex(({ role }) => role === "user"));
  if (toolCalls(turn).some((tool) => tool === wanted[0])) return { text: `done for ${name}` };
  return {
    toolCalls: wanted.map((tool, index) => ({
      id: `call_${model}_${items.length}_${index}`,
      name: tool,
      arguments: outer?.arguments ?? { text: name },
    })),
  };
}

/** Whom what was said or asked for is of, in whatever shape. */
export function nameIn(value: unknown): string {
  const [, said, asked] =
    /I am (\w+)\.|"text":"(\w+)"/.exec(typeof value === "string" ? value : JSON.stringify(value)) ?? [];
  return said ?? asked ?? "nobody";
}

interface WireItem {
  readonly type?: string;
  readonly role?: string;
  readonly name?: string;
  readonly tool_calls?: readonly { readonly function: { readonly name: string } }[];
}

function itemsOf({ messages, input }: ProviderRequest["body"]): readonly WireItem[] {
  const items = messages ?? input;
  return Array.isArray(items) ? (items as WireItem[]) : [{ role: "user" }];
}

function toolCalls(items: readonly WireItem[]): readonly string[] {
  return items.flatMap(({ type, name, tool_calls = [] }) =>
    type === "function_call" ? [String(name)] : tool_calls.map((call) => call.function.name),
  );
}

/** A decision's receipt. */
export type Decided = Extract<Receipt["body"], { readonly type: "decision" }>;

/** What was decided so far. */
export async function decidedIn(gate: Gate): Promise<readonly Decided[]> {
  return (await receiptsOf(gate)).filter((body) => body.type === "decision");
}

/** The decisions as `name code`, in any order: tools that are asked for at once are decided at once. */
export async function saidIn(gate: Gate): Promise<readonly string[]> {
  return (await decidedIn(gate)).map(({ action, decision }) => `${action.name} ${decision.code}`).sort();
}

/** Who shows a token of the bench's that says nothing else. */
export const clerk: Subject = { agent: "alice", tenant: "acme", role: "clerk" };
/** What is decided in one turn of a clerk's, sorted. */
export const oneTurn: readonly string[] = [
  "gpt-4o allowed",
  "gpt-4o allowed",
  "pay policy_denied",
  "search allowed",
];

/** The refusal that a call of an agent ends with. */
export async function refusalOf(
  call: Promise<unknown>,
): Promise<Record<"code" | "reason" | "receipt", unknown>> {
  const error: unknown = await call.then(
    (answer) => Promise.reject(new Error("the call went through", { cause: answer })),
    (thrown: unknown) => thrown,
  );
  const refused = findDenial(error);
  if (refused === null) throw error;
  const { reasonCode, reason, receiptId } = refused.refusal;
  return { code: reasonCode, reason, receipt: receiptId };
}

/** Holds each search until as many are at it: whoever is mixed up with another then shows it. */
export function meeting(size: number): (tool: AskedTool) => unknown {
  const { promise, resolve } = Promise.withResolvers<void>();
  let count = 0;
  return (tool) => {
    if (tool !== "search") return undefined;
    count += 1;
    if (count === size) resolve();
    return promise;
  };
}

/** All that an error tells, and its causes. */
export function deepText(error: unknown, depth = 5): unknown {
  if (!(error instanceof Error) || depth === 0) return JSON.stringify(error) ?? String(error);
  const own = Object.getOwnPropertyNames(error).filter((name) => name !== "cause");
  return [...own.map((name) => String(Reflect.get(error, name))), deepText(error.cause, depth - 1)];
}
