import { decisionsOf, ruleFor } from "@tollgate/conformance/test-gate";
import {
  convertToModelMessages,
  generateText,
  isStepCount,
  isToolUIPart,
  type ModelMessage,
  readUIMessageStream,
  streamText,
  tool,
  type UIMessage,
} from "ai";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { type GateToolApprovalOptions, gateModel, gateToolApproval, gateTools } from "../src/index.ts";
import { type Fixture, open } from "./fixture.ts";

const inputSchema = z.object({ to: z.string() });
const sends = ({ index }: { index: number }) =>
  index === 0 ? { toolCalls: [{ name: "send", arguments: { to: "bob" } }] } : { text: "done" };
const approve = ruleFor("tool", { decision: "require_approval", reason: "mail leaves the house" });
const question: ModelMessage[] = [{ role: "user", content: "hi" }];

/** An agent whose one tool counts how often it ran and to whom. */
async function mailer(options?: GateToolApprovalOptions, gateOptions = approve) {
  const fixture = await open(sends, gateOptions);
  const sent: string[] = [];
  const send = tool({ inputSchema, execute: async ({ to }) => sent.push(to) });
  const tools = gateTools({ send }, fixture.run);
  const toolApproval = gateToolApproval(tools, options);
  const ask = (messages: ModelMessage[]) =>
    generateText({
      model: gateModel(fixture.openai("gpt-4o"), fixture.run),
      tools,
      toolApproval,
      stopWhen: isStepCount(5),
      messages,
    });
  return { fixture, sent, tools, toolApproval, ask };
}

/** The messages with which a client comes back after its user has answered. */
function answered(first: Awaited<ReturnType<Awaited<ReturnType<typeof mailer>>["ask"]>>, approved = true) {
  const content = first.content.flatMap((part) =>
    part.type === "tool-approval-request"
      ? [{ type: "tool-approval-response" as const, approvalId: part.approvalId, approved }]
      : [],
  );
  return [...question, ...first.response.messages, { role: "tool" as const, content }];
}

/** What the model was told in the last request. */
const lastRequest = ({ provider }: Fixture) => JSON.stringify(provider.requests.at(-1)?.body.input);

describe("a tool call that the gate wants approved", () => {
  it("ends the run with the AI SDK's approval request, which says why and names the gate's approval", async () => {
    const { fixture, sent, ask } = await mailer();
    const first = await ask(question);
    const request = first.content.find((part) => part.type === "tool-approval-request");
    const [pending] = await fixture.gate.approvals.list();
    expect(request).toMatchObject({ reason: `mail leaves the house (approval ${pending?.id})` });
    expect(sent).toEqual([]);
    expect(fixture.provider.count()).toBe(1);
  });

  it("does not run on the word of the messages alone", async () => {
    const { fixture, sent, ask } = await mailer();
    await ask(answered(await ask(question)));
    expect(sent).toEqual([]);
    expect(lastRequest(fixture)).toMatch(/not approved as it is now: mail leaves the house/);
  });

  it("runs once when the gate's approval is granted, however often the messages are replayed", async () => {
    const { fixture, sent, ask } = await mailer();
    const back = answered(await ask(question));
    const [pending] = await fixture.gate.approvals.list();
    await fixture.gate.approvals.grant(pending!.id, { by: "bob" });
    for (let replay = 0; replay < 3; replay++) await ask(back);
    expect(sent).toEqual(["bob"]);
  });

  it("does not run with another input than the approved one", async () => {
    const { fixture, sent, ask } = await mailer();
    const back = answered(await ask(question));
    const [pending] = await fixture.gate.approvals.list();
    await fixture.gate.approvals.grant(pending!.id, { by: "bob" });
    await ask(JSON.parse(JSON.stringify(back).replaceAll('"to":"bob"', '"to":"mallory"')));
    expect(sent).toEqual([]);
  });

  it("does not run when the gate's approval is denied, and the model is told so", async () => {
    const { fixture, sent, ask } = await mailer();
    const back = answered(await ask(question));
    const [pending] = await fixture.gate.approvals.list();
    await fixture.gate.approvals.deny(pending!.id, { by: "bob", reason: "no" });
    await ask(back);
    expect(sent).toEqual([]);
    expect(lastRequest(fixture)).toMatch(/approval [0-9a-f-]+ is denied/);
  });

  it("does not run when the user says no", async () => {
    const { sent, ask } = await mailer({ approvedBy: "alice" });
    await ask(answered(await ask(question), false));
    expect(sent).toEqual([]);
  });
});

describe("with approvedBy, the messages approve", () => {
  it("and the tool runs once, however often they are replayed", async () => {
    const { fixture, sent, ask } = await mailer({ approvedBy: "alice" });
    const back = answered(await ask(question));
    for (let replay = 0; replay < 4; replay++) await ask(back);
    expect(sent).toEqual(["bob"]);
    const granted = (await fixture.gate.approvals.list({ status: "all" })).filter(
      ({ answer }) => answer !== null,
    );
    expect(granted).toMatchObject([{ status: "used", answer: { by: "alice" } }]);
  });

  it("but not what the gate never asked about", async () => {
    const { sent, ask } = await mailer({ approvedBy: "alice" });
    const back = answered(await ask(question));
    const forged = JSON.parse(JSON.stringify(back).replaceAll('"to":"bob"', '"to":"mallory"'));
    for (let replay = 0; replay < 3; replay++) await ask(forged);
    expect(sent).toEqual([]);
  });

  it("and granted nothing else for it either", async () => {
    const { fixture, ask } = await mailer({ approvedBy: "alice" });
    const back = answered(await ask(question));
    const [asked] = await fixture.gate.approvals.list();
    await ask(JSON.parse(JSON.stringify(back).replaceAll('"to":"bob"', '"to":"mallory"')));
    expect(await fixture.gate.approvals.get(asked!.id)).toMatchObject({ status: "pending" });
  });

  it("and not for a sender whom the function does not accept", async () => {
    const asked: unknown[] = [];
    const { sent, ask } = await mailer({
      approvedBy: async (approval) => {
        asked.push(approval.action.name);
        return null;
      },
    });
    await ask(answered(await ask(question)));
    expect(sent).toEqual([]);
    expect(asked).toEqual(["send"]);
  });

  it("also in streams", async () => {
    const { fixture, sent, ask, tools, toolApproval } = await mailer({ approvedBy: "alice" });
    const messages = answered(await ask(question));
    const stream = () =>
      streamText({
        model: gateModel(fixture.openai("gpt-4o"), fixture.run),
        tools,
        toolApproval,
        stopWhen: isStepCount(5),
        messages,
      }).consumeStream();
    await stream();
    await stream();
    expect(sent).toEqual(["bob"]);
  });
});

describe("an approval that comes back from a browser", () => {
  it("runs the tool once, for the AI SDK's UI messages carry what was asked", async () => {
    const { fixture, sent, tools, toolApproval } = await mailer({ approvedBy: "alice" });
    const stream = (messages: ModelMessage[]) =>
      streamText({
        model: gateModel(fixture.openai("gpt-4o"), fixture.run),
        tools,
        toolApproval,
        stopWhen: isStepCount(5),
        messages,
      });
    let asked: UIMessage | undefined;
    for await (const message of readUIMessageStream({ stream: stream(question).toUIMessageStream() })) {
      asked = message;
    }
    const approved = asked!.parts.map((part) =>
      isToolUIPart(part) && part.state === "approval-requested"
        ? { ...part, state: "approval-responded", approval: { ...part.approval, approved: true } }
        : part,
    );
    // Through JSON, as from a browser.
    const returned = JSON.parse(JSON.stringify([{ ...asked, parts: approved }])) as UIMessage[];
    const messages = [...question, ...(await convertToModelMessages(returned, { tools }))];
    await stream(messages).consumeStream();
    await stream(messages).consumeStream();
    expect(sent).toEqual(["bob"]);
  });
});

describe("gateToolApproval", () => {
  it("denies a denied tool before it starts, as the AI SDK's own denial", async () => {
    const { fixture, sent, ask } = await mailer({}, ruleFor("tool", { decision: "deny", reason: "no mail" }));
    const { steps } = await ask(question);
    expect(steps[0]?.content).toContainEqual(
      expect.objectContaining({ type: "tool-approval-response", approved: false, reason: "no mail" }),
    );
    expect(sent).toEqual([]);
    expect(lastRequest(fixture)).toMatch(/no mail/);
  });

  it("decides an allowed call once, and books it once", async () => {
    const { fixture, sent, ask } = await mailer({}, { evaluators: [] });
    await ask(question);
    expect(sent).toEqual(["bob"]);
    expect((await decisionsOf(fixture.gate)).filter((decision) => decision.startsWith("tool"))).toEqual([
      "tool send allow",
    ]);
    expect((await fixture.gate.balances()).every(({ held }) => held === 0n)).toBe(true);
  });

  it("skips a skipped call with the rule's result", async () => {
    const skip = { decision: "skip", reason: "known", result: "made up" } as const;
    const { fixture, sent, ask } = await mailer({}, ruleFor("tool", skip));
    await ask(question);
    expect(sent).toEqual([]);
    expect(lastRequest(fixture)).toMatch(/made up/);
  });

  it("keeps a tool's own wish to be approved, which the AI SDK asks about no more", async () => {
    const { openai, run } = await open(sends);
    let sent = 0;
    const send = tool({ inputSchema, needsApproval: ({ to }) => to === "bob", execute: async () => ++sent });
    const tools = gateTools({ send }, run);
    const ask = (messages: ModelMessage[]) =>
      generateText({
        model: gateModel(openai("gpt-4o"), run),
        tools,
        toolApproval: gateToolApproval(tools),
        stopWhen: isStepCount(5),
        messages,
      });
    const first = await ask(question);
    expect(sent).toBe(0);
    await ask(answered(first));
    expect(sent).toBe(1);
  });

  it("says so when it is given tools that are not gated", () => {
    const send = tool({ inputSchema, execute: async () => 1 });
    expect(() => gateToolApproval({ send })).toThrow(/the tools that gateTools answered/);
  });
});
