import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Agent, RunState, toolNamespace } from "@openai/agents";
import { createGate, memoryLedger } from "@tollgate/core";
import { describe, expect, it } from "vitest";
import { gateModel } from "../src/index.ts";
import { fakeModel, functionCall } from "./fake-model.ts";
import { decisionsOf, isAllSettled, receiptsOf, refusalOf, toldOf } from "./fixture.ts";
import { approved, asks, type MailerOptions, mailer, sends } from "./mailer.ts";
import { apis } from "./surfaces.ts";

/** A mailer whose model garbles the arguments of its first call. */
async function garbled(options: MailerOptions = {}) {
  const { runner, agent: plain, run } = await mailer({ gate: {}, ...options });
  const model = fakeModel((index) => (index === 0 ? functionCall("send", '{"to":') : "done"));
  return { runner, model, agent: plain.clone({ model: gateModel(model, run, { name: "gpt-4o" }) }) };
}

describe.each(apis)("a tool that has to be approved, over %s", (api) => {
  it("interrupts the run before it runs, and runs when the run is resumed", async () => {
    const { runner, agent, sent, gate, provider } = await mailer({ api });
    const { state, interruptions } = await runner.run(agent, "hi");
    expect(interruptions.map(({ name }) => name)).toEqual(["send"]);
    expect(sent).toEqual([]);
    expect(await isAllSettled(gate)).toBe(true);
    approved(state);
    const { finalOutput } = await runner.run(agent, state);
    expect([sent, finalOutput, provider.count()]).toEqual([["bob"], "done", 2]);
    expect(await isAllSettled(gate)).toBe(true);
  });

  it("does so in a stream, too", async () => {
    const { runner, agent, sent } = await mailer({ api });
    const first = await runner.run(agent, "hi", { stream: true });
    for await (const _event of first);
    const resumed = await runner.run(agent, await RunState.fromString(agent, approved(first.state)), {
      stream: true,
    });
    for await (const _event of resumed);
    expect(sent).toEqual(["bob"]);
  });

  it("runs once, and nothing is charged twice, however often the same state is resumed", async () => {
    const { runner, agent, sent, gate, run, provider } = await mailer({ api });
    const text = approved((await runner.run(agent, "hi")).state);
    await runner.run(agent, await RunState.fromString(agent, text));
    const balances = await gate.balances();
    for (let again = 0; again < 2; again++) {
      const state = await RunState.fromString(agent, text);
      expect((await refusalOf(runner.run(agent, state))).code).toBe("idempotency_conflict");
    }
    expect([sent, provider.count()]).toEqual([["bob"], 2]);
    expect(await gate.balances()).toEqual(balances);
    // What was granted for the replays is not there for another mail of the run.
    expect(await gate.approvals.list({ status: "granted", run: run.id })).toEqual([]);
  });

  it("runs once where the same state is resumed several times at once", async () => {
    const { runner, agent, sent, gate } = await mailer({ api });
    const text = approved((await runner.run(agent, "hi")).state);
    const resume = async () => runner.run(agent, await RunState.fromString(agent, text));
    const results = await Promise.allSettled([resume(), resume(), resume()]);
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect(sent).toEqual(["bob"]);
    expect(await isAllSettled(gate)).toBe(true);
  });
});

describe("an approval in a RunState", () => {
  it("is taken in another process, where it lets the call through once", async () => {
    const { runner, agent, sent, run, provider } = await mailer();
    const text = approved((await runner.run(agent, "hi")).state);
    const process_ = fileURLToPath(new URL("./approval.process.ts", import.meta.url));
    const args = ["--conditions=tollgate-source", process_, provider.url, run.id, text, "2"];
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => name !== "NODE_OPTIONS"));
    const { stdout } = await promisify(execFile)(process.execPath, args, { env, timeout: 55_000 });
    const told: { approvals: string[] } = JSON.parse(stdout);
    expect(told).toMatchObject({ sent: ["bob"], results: ["done", "idempotency_conflict"] });
    expect(told.approvals[0]).toBe("used by carol");
    expect(sent).toEqual([]);
    expect(provider.count()).toBe(2);
  });

  it("lets the call through once for all gates that share a ledger", async () => {
    const ledger = memoryLedger();
    const { runner, agent, agentOf, sent, run } = await mailer({ gate: { ...asks, ledger } });
    const text = approved((await runner.run(agent, "hi")).state);
    await runner.run(agent, await RunState.fromString(agent, text));
    const other = createGate({ ...asks, ledger });
    const elsewhere = agentOf(other.run({ id: run.id, tenant: "acme", user: "alice" }));
    const refusal = await refusalOf(runner.run(elsewhere, await RunState.fromString(elsewhere, text)));
    expect(refusal.code).toBe("idempotency_conflict");
    expect(sent).toEqual(["bob"]);
    expect(await other.approvals.list({ status: "granted" })).toEqual([]);
  });

  it("is on record with who gave it", async () => {
    const { runner, agent, gate } = await mailer({ approvedBy: ({ action }) => `the ${action.name} desk` });
    const { state } = await runner.run(agent, "hi");
    approved(state);
    await runner.run(agent, state);
    const steps = (await receiptsOf(gate)).flatMap((body) => (body.type === "approval" ? [body] : []));
    expect(steps.map(({ status, by }) => [status, by])).toContainEqual(["granted", "the send desk"]);
  });

  it("is not taken where approvedBy says so: once it is granted at the gate, the same state goes on", async () => {
    const { runner, agent, sent, gate } = await mailer({ approvedBy: () => null });
    const text = approved((await runner.run(agent, "hi")).state);
    const resume = async () => runner.run(agent, await RunState.fromString(agent, text));
    expect((await refusalOf(resume())).code).toBe("approval_required");
    expect(sent).toEqual([]);
    const [approval] = await gate.approvals.list();
    await gate.approvals.grant(approval!.id, { by: "dora" });
    await resume();
    expect(sent).toEqual(["bob"]);
  });

  it("leaves what was answered at the gate meanwhile as it is", async () => {
    const { runner, agent, sent, gate, fixture } = await mailer();
    const { state } = await runner.run(agent, "hi");
    const [approval] = await gate.approvals.list();
    await gate.approvals.deny(approval!.id, { by: "dora", reason: "not to bob" });
    approved(state);
    await runner.run(agent, state);
    expect(sent).toEqual([]);
    expect(JSON.parse(toldOf(fixture)[0]!)).toMatchObject({ tollgate: "denied", code: "approval_denied" });
  });

  it("may stand for all calls of the tool, each of which is still on record", async () => {
    const { runner, agent, sent, gate } = await mailer({
      script: ({ index }) =>
        index < 3 ? { toolCalls: [{ name: "send", arguments: { to: `bob${index}` } }] } : { text: "done" },
    });
    const { state } = await runner.run(agent, "hi");
    for (const interruption of state.getInterruptions()) state.approve(interruption, { alwaysApprove: true });
    await runner.run(agent, state);
    expect(sent).toEqual(["bob0", "bob1", "bob2"]);
    expect(await gate.approvals.list({ status: "used" })).toHaveLength(3);
  });

  it("lets another call of the same tool and arguments ask again", async () => {
    const { runner, agent, sent } = await mailer({
      script: ({ index }) =>
        index < 2 ? { toolCalls: [{ name: "send", arguments: { to: "bob" } }] } : { text: "done" },
    });
    const first = await runner.run(agent, "hi");
    approved(first.state);
    const second = await runner.run(agent, first.state);
    expect([sent, second.interruptions.length]).toEqual([["bob"], 1]);
    approved(second.state);
    await runner.run(agent, second.state);
    expect(sent).toEqual(["bob", "bob"]);
  });

  it("is given for one of two calls in a turn: the other goes on waiting", async () => {
    const to = (name: string, id: string) => ({ name: "send", arguments: { to: name }, id });
    const { runner, agent, sent } = await mailer({
      script: ({ index }) =>
        index === 0 ? { toolCalls: [to("ann", "call_1"), to("bob", "call_2")] } : { text: "done" },
    });
    const { state } = await runner.run(agent, "hi");
    const [ann, bob] = state.getInterruptions();
    state.approve(ann!);
    const second = await runner.run(agent, await RunState.fromString(agent, state.toString()));
    expect([sent, second.interruptions.length]).toEqual([["ann"], 1]);
    second.state.reject(bob!);
    const { finalOutput } = await runner.run(agent, second.state);
    expect([sent, finalOutput]).toEqual([["ann"], "done"]);
  });

  it("that is refused runs nothing, and the model is told", async () => {
    const { runner, agent, sent, fixture } = await mailer();
    const { state } = await runner.run(agent, "hi");
    for (const interruption of state.getInterruptions()) state.reject(interruption);
    await runner.run(agent, state);
    expect(sent).toEqual([]);
    expect(toldOf(fixture)[0]).toMatch(/not approved/);
  });

  it("is found for a tool in a namespace", async () => {
    const { runner, agent: plain, sent, run } = await mailer();
    const call = functionCall("send", { to: "bob" }, { namespace: "mail" });
    const model = fakeModel((index) => (index === 0 ? call : "done"));
    const [send] = plain.tools.filter((tool) => tool.type === "function");
    const tools = toolNamespace({ name: "mail", description: "Mails.", tools: [send!] });
    const agent = new Agent({ name: "a", model: gateModel(model, run, { name: "gpt-4o" }), tools });
    const { state } = await runner.run(agent, "hi");
    const { finalOutput } = await runner.run(agent, await RunState.fromString(agent, approved(state)));
    expect([sent, finalOutput]).toEqual([["bob"], "done"]);
  });
});

describe("a tool with a wish of its own to be approved", () => {
  const wish = { needsApproval: async (_context: unknown, { to }: { to: string }) => to === "bob" };

  it("is asked about before the gate is, and decided once it is approved", async () => {
    const { runner, agent, sent, gate } = await mailer({ ...wish, gate: {} });
    const { state, interruptions } = await runner.run(agent, "hi");
    expect(interruptions).toHaveLength(1);
    expect((await decisionsOf(gate)).filter((decision) => decision.startsWith("tool"))).toEqual([]);
    approved(state);
    await runner.run(agent, state);
    expect(sent).toEqual(["bob"]);
    expect((await decisionsOf(gate)).filter((decision) => decision.startsWith("tool"))).toEqual([
      "tool send allow",
    ]);
  });

  it("runs once, however often the same state is resumed", async () => {
    const { runner, agent, sent } = await mailer({ ...wish, gate: {} });
    const text = approved((await runner.run(agent, "hi")).state);
    await runner.run(agent, await RunState.fromString(agent, text));
    const again = runner.run(agent, await RunState.fromString(agent, text));
    expect((await refusalOf(again)).code).toBe("idempotency_conflict");
    expect(sent).toEqual(["bob"]);
  });
});

describe("a call that nobody has to approve", () => {
  it("is decided once, and booked once", async () => {
    const { runner, agent, gate, sent } = await mailer({ gate: {} });
    await runner.run(agent, "hi");
    expect(sent).toEqual(["bob"]);
    expect((await decisionsOf(gate)).filter((decision) => decision.startsWith("tool"))).toEqual([
      "tool send allow",
    ]);
    expect(await isAllSettled(gate)).toBe(true);
  });

  it("interrupts the run where its arguments are no JSON, as the SDK has it for tools that may ask", async () => {
    const { runner, agent } = await garbled();
    expect((await runner.run(agent, "hi")).interruptions).toHaveLength(1);
  });
});

describe('approvals: "tell"', () => {
  it("tells the model that approval is needed, and interrupts nothing", async () => {
    const { runner, agent, sent, fixture } = await mailer({ approvals: "tell" });
    const { finalOutput } = await runner.run(agent, "hi");
    expect([finalOutput, sent]).toEqual(["done", []]);
    expect(JSON.parse(toldOf(fixture)[0]!)).toMatchObject({
      tollgate: "approval_required",
      reason: "is it wanted?",
      approval: expect.any(String),
    });
  });

  it("lets the call through when it is made again, once it is granted at the gate", async () => {
    const { runner, agent, sent, gate, provider } = await mailer({ approvals: "tell" });
    await runner.run(agent, "hi");
    const [approval] = await gate.approvals.list();
    await gate.approvals.grant(approval!.id, { by: "dora" });
    provider.play(sends);
    await runner.run(agent, "hi");
    expect(sent).toEqual(["bob"]);
  });

  it("leaves the SDK's answer to arguments that are no JSON as it is", async () => {
    const { runner, agent, model } = await garbled({ approvals: "tell" });
    await runner.run(agent, "hi");
    expect(JSON.stringify(model.requests[1]?.input)).toMatch(/parsing tool arguments/);
  });
});
