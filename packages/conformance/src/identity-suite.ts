import { findDenial, type Gate, type Receipt } from "@tollgate/core";
import { roleTools } from "@tollgate/core/evaluators";
import type { JwtIdentityOptions } from "@tollgate/identity";
import { describe, expect, it } from "vitest";
import type { AskedTool, IdentityBench, IdentityDriver, NestedAgent } from "./identity-driver.ts";
import type { ProviderRequest, Reply } from "./mock-reply.ts";
import { receiptsOf, testGate, testProvider } from "./test-gate.ts";
import { refusedCallers, type TestTokens, testTokens } from "./test-tokens.ts";

/** What a caller says, and what they are known by in all that is recorded of them. */
const prompt = (name: string): string => `I am ${name}.`;

/** A bench of one test; `used` lists what the tools were used for. */
interface Opened extends IdentityBench {
  readonly tokens: TestTokens;
  readonly used: string[];
}

async function open(
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
function nameIn(value: unknown): string {
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

type Decided = Extract<Receipt["body"], { readonly type: "decision" }>;

async function decidedIn(gate: Gate): Promise<readonly Decided[]> {
  return (await receiptsOf(gate)).filter((body) => body.type === "decision");
}

/** The decisions as `name code`, in any order: tools that are asked for at once are decided at once. */
async function saidIn(gate: Gate): Promise<readonly string[]> {
  return (await decidedIn(gate)).map(({ action, decision }) => `${action.name} ${decision.code}`).sort();
}

const clerk = { agent: "alice", tenant: "acme", role: "clerk" };
const oneTurn = ["gpt-4o allowed", "gpt-4o allowed", "pay policy_denied", "search allowed"];

/** The refusal that a call of an agent ends with. */
async function refusalOf(call: Promise<unknown>): Promise<Record<"code" | "reason" | "receipt", unknown>> {
  const error: unknown = await call.then(
    (answer) => Promise.reject(new Error("the call went through", { cause: answer })),
    (thrown: unknown) => thrown,
  );
  const refused = findDenial(error);
  if (refused === null) throw error;
  const { reasonCode, reason, receiptId } = refused.refusal;
  return { code: reasonCode, reason, receipt: receiptId };
}

/** Asks of an adapter that its framework's agents are who their tokens say, at every turn and at any depth. */
export function identityConformance(driver: IdentityDriver): void {
  describe(`${driver.name} keeps callers to their tokens`, () => {
    it.each(refusedCallers)("refuses $what, with a receipt and no request", async ({ who, reason }) => {
      const bench = await open();
      const call = driver.open(bench)(await who(bench.tokens));
      for (const turn of [1, 2]) {
        const refusal = await refusalOf(call(prompt("alice")));
        expect(refusal).toMatchObject({ code: "identity_denied", reason: expect.stringMatching(reason) });
        const receipts = await decidedIn(bench.gate);
        expect(receipts.map(({ decision }) => decision.code)).toEqual(Array(turn).fill("identity_denied"));
        expect(receipts.at(-1)?.id).toBe(refusal.receipt);
      }
      expect([bench.provider.count(), bench.used]).toEqual([0, []]);
      expect(await bench.gate.balances()).toEqual([]);
    });

    it("acts as the token says in every turn, with the tools of its role", async () => {
      const bench = await open();
      const call = driver.open(bench)({ credential: await bench.tokens.sign() });
      for (const turn of [1, 2]) {
        await call(prompt("alice"));
        expect(await saidIn(bench.gate)).toEqual(oneTurn.flatMap((said) => Array<string>(turn).fill(said)));
      }
      for (const { action } of await decidedIn(bench.gate)) expect(action.subject).toMatchObject(clerk);
      expect([bench.provider.count(), bench.used]).toEqual([4, ["search alice", "search alice"]]);
    });

    it("gives another role the tools of that role", async () => {
      const bench = await open();
      const call = driver.open(bench)({ credential: await bench.tokens.sign({ role: "treasurer" }) });
      await call(prompt("alice"));
      expect(bench.used.sort()).toEqual(["pay alice", "search alice"]);
    });

    it("does not mix callers that are at work at once", async () => {
      const names = ["alice", "bob", "carol"];
      const all = meeting(names.length);
      const bench = await open(all);
      const talk = driver.open(bench);
      const signed = await Promise.all(names.map((sub) => bench.tokens.sign({ sub, tenant: `${sub}s` })));
      await Promise.all(signed.map((credential, index) => talk({ credential })(prompt(names[index] ?? ""))));
      const said = (await decidedIn(bench.gate)).map(({ action, decision }) => {
        const name = nameIn(action.params);
        expect(action.subject).toMatchObject({ agent: name, tenant: `${name}s` });
        return `${name} ${action.name} ${decision.code}`;
      });
      expect(said.sort()).toEqual(names.flatMap((name) => oneTurn.map((one) => `${name} ${one}`)).sort());
    });

    it.each(driver.nested)("stays who it is in $what", async ({ delegate, open: openNested }) => {
      const names = ["alice", "bob"];
      const bench = await open(meeting(names.length), { delegate });
      const talk = openNested(bench);
      const signed = await Promise.all(names.map((sub) => bench.tokens.sign({ sub })));
      await Promise.all(signed.map((credential, index) => talk({ credential })(prompt(names[index] ?? ""))));
      expect(bench.used.sort()).toEqual(["search alice", "search bob"]);
      const decided = await decidedIn(bench.gate);
      for (const { action } of decided) {
        const name = nameIn(action.params);
        expect(action.subject).toMatchObject({ ...clerk, agent: name });
      }
      const inner = decided.filter(({ action }) => action.name === "gpt-4o-mini");
      expect(inner.map(({ action }) => action.subject?.agent).sort()).toEqual([
        "alice",
        "alice",
        "bob",
        "bob",
      ]);
    });

    it.each(driver.nested)("is refused before $what is begun", async ({ delegate, open: openNested }) => {
      const bench = await open(undefined, { delegate });
      const call = openNested(bench)({ credential: await bench.tokens.sign(), role: "treasurer" });
      expect(await refusalOf(call(prompt("alice")))).toMatchObject({ code: "identity_denied" });
      expect(bench.provider.count()).toBe(0);
    });

    it("ends with its token: the next step does not go out", async () => {
      const bench = await open((_tool, _text, { clock }) => clock.advance(606_000));
      const call = driver.open(bench)({ credential: await bench.tokens.sign() });
      expect(await refusalOf(call(prompt("alice")))).toMatchObject({ code: "identity_denied" });
      expect(bench.provider.count()).toBe(1);
    });

    it("is asked before each action whether it was revoked", async () => {
      let isRevoked = false;
      const asked: string[] = [];
      const revoked = ({ agent }: { readonly agent: string }) => {
        asked.push(agent);
        return isRevoked;
      };
      const revoke = () => {
        isRevoked = true;
      };
      const bench = await open(revoke, { revoked });
      const call = driver.open(bench)({ credential: await bench.tokens.sign() });
      expect(await refusalOf(call(prompt("alice")))).toMatchObject({
        code: "identity_denied",
        reason: "the credential was revoked",
      });
      expect(bench.provider.count()).toBe(1);
      expect(asked.length).toBeGreaterThanOrEqual((await decidedIn(bench.gate)).length);
    });

    it("takes a token that is good once for a whole conversation, and never for another", async () => {
      const bench = await open(undefined, { requireJti: true });
      const credential = await bench.tokens.sign({ jti: "t-1" });
      const talk = driver.open(bench);
      const call = talk({ credential });
      await call(prompt("alice"));
      await call(prompt("alice"));
      expect(bench.provider.count()).toBe(4);
      expect(await refusalOf(talk({ credential })(prompt("alice")))).toMatchObject({
        code: "identity_denied",
        reason: expect.stringMatching(/shown before/),
      });
      expect(bench.provider.count()).toBe(4);
    });

    it("writes a token into no receipt, request or error", async () => {
      const bench = await open((_tool, _text, { clock }) => clock.advance(606_000));
      const credential = await bench.tokens.sign();
      const error: unknown = await driver
        .open(bench)({ credential })(prompt("alice"))
        .catch((e: unknown) => e);
      const written = [await receiptsOf(bench.gate), bench.provider.requests, deepText(error)];
      for (const part of credential.split(".").slice(1)) {
        for (const text of written) expect(JSON.stringify(text)).not.toContain(part);
      }
    });
  });
}

/** Holds each search until as many are at it: whoever is mixed up with another then shows it. */
function meeting(size: number): (tool: AskedTool) => unknown {
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
function deepText(error: unknown, depth = 5): unknown {
  if (!(error instanceof Error) || depth === 0) return JSON.stringify(error) ?? String(error);
  const own = Object.getOwnPropertyNames(error).filter((name) => name !== "cause");
  return [...own.map((name) => String(Reflect.get(error, name))), deepText(error.cause, depth - 1)];
}
