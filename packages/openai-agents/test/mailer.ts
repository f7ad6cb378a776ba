import { Agent, type RunContext, type RunState, tool } from "@openai/agents";
import type { Script } from "@tollgate/conformance/mock-reply";
import type { Gate, GateOptions, Run } from "@tollgate/core";
import * as z from "zod";
import { type GateToolOptions, gateTools } from "../src/index.ts";
import { type Fixture, open, ruleFor } from "./fixture.ts";
import type { Api } from "./surfaces.ts";

/** Somebody has to approve every mail. */
export const asks: GateOptions = ruleFor("tool", { decision: "require_approval", reason: "is it wanted?" });

/** The model sends one mail, and then answers. */
export const sends: Script = ({ index }) =>
  index === 0 ? { toolCalls: [{ name: "send", arguments: { to: "bob" } }] } : { text: "done" };

/** An agent whose tool sends mails, and what it has sent. */
export interface Mailer extends Fixture {
  readonly fixture: Fixture;
  readonly sent: readonly string[];
  readonly agent: Agent;
  /** The same agent with another gate, such as that of another process. */
  agentOf(gateOrRun: Gate | Run): Agent;
}

/** What a mailer is made of, where it is not the usual. */
export interface MailerOptions extends GateToolOptions {
  readonly api?: Api;
  readonly gate?: GateOptions;
  readonly script?: Script;
  /** The tool's own wish to be approved. */
  readonly needsApproval?: boolean | ((context: RunContext, input: { to: string }) => Promise<boolean>);
}

/** Opens a mailer for one test. */
export async function mailer({
  api = "Responses",
  gate = asks,
  script = sends,
  needsApproval = false,
  ...options
}: MailerOptions = {}): Promise<Mailer> {
  const fixture = await open(script, gate, { api });
  const sent: string[] = [];
  const send = tool({
    name: "send",
    description: "Sends a mail.",
    parameters: z.object({ to: z.string() }),
    needsApproval,
    execute: ({ to }) => `mail ${sent.push(to)} to ${to}`,
  });
  const agentOf = (gateOrRun: Gate | Run) =>
    new Agent({ name: "mailer", model: "gpt-4o", tools: gateTools([send], gateOrRun, options) });
  return { ...fixture, fixture, sent, agent: agentOf(fixture.run), agentOf };
}

/** Approves all that interrupted a run, and answers its state as text. */
export function approved(state: Pick<RunState<never, never>, "getInterruptions" | "approve">): string {
  for (const interruption of state.getInterruptions()) state.approve(interruption);
  return String(state);
}
