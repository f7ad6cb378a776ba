import { fileURLToPath } from "node:url";
import { Agent, type AgentOptions, getAllMcpTools, type MCPServer, MCPServerStdio } from "@openai/agents";
import type { Script } from "@tollgate/conformance/mock-reply";
import { findDenial, type GateOptions } from "@tollgate/core";
import { describe, expect, it, onTestFinished } from "vitest";
import { type GateMcpServerOptions, gateMcpServer, gateTools } from "../src/index.ts";
import { decisionsOf, isAllSettled, open, ruleFor, toldOf } from "./fixture.ts";
import { approved } from "./mailer.ts";

const sends: Script = ({ index }) =>
  index === 0 ? { toolCalls: [{ name: "send", arguments: { to: "bob" } }] } : { text: "done" };

/** A server in this process, whose state is its own as that of real ones may be. */
class Mails implements MCPServer {
  readonly name = "mails";
  readonly cacheToolsList = false;
  readonly sent: string[] = [];
  #isOpen = false;

  async connect(): Promise<void> {
    this.#isOpen = true;
  }
  async close(): Promise<void> {
    this.#isOpen = false;
  }
  async listTools() {
    if (!this.#isOpen) throw new Error("not connected");
    const inputSchema = {
      type: "object" as const,
      properties: { to: { type: "string" } },
      required: ["to"],
      additionalProperties: false,
    };
    return [{ name: "send", description: "Sends a mail.", inputSchema }];
  }
  async callTool(_name: string, args: Record<string, unknown> | null) {
    return [{ type: "text" as const, text: `mail ${this.sent.push(String(args?.to))}` }];
  }
  async callToolResult(name: string, args: Record<string, unknown> | null) {
    return { content: await this.callTool(name, args), structuredContent: { sent: this.sent.length } };
  }
  async invalidateToolsCache(): Promise<void> {}
}

async function office(gate: GateOptions = {}, options: GateMcpServerOptions = {}, server = new Mails()) {
  const fixture = await open(sends, gate);
  await server.connect();
  const gated = gateMcpServer(server, fixture.run, options);
  const agentOf = (more: Partial<AgentOptions> = {}) =>
    new Agent({ name: "a", model: "gpt-4o", mcpServers: [gated], ...more });
  return { ...fixture, fixture, server, gated, agentOf };
}

describe("local MCP servers", () => {
  it("of the SDK run a tool only if the gate lets them", async () => {
    const fixture = await open(sends, {
      budgets: [{ id: "mails", limit: "1 calls", match: { kind: "tool" } }],
    });
    const { run, runner, gate, provider } = fixture;
    const path = fileURLToPath(new URL("./mcp.process.ts", import.meta.url));
    const server = new MCPServerStdio({ command: process.execPath, args: [path] });
    await server.connect();
    onTestFinished(() => server.close());
    const agent = new Agent({ name: "a", model: "gpt-4o", mcpServers: [gateMcpServer(server, run)] });
    await runner.run(agent, "hi");
    expect(toldOf(fixture)[0]).toMatch(/mail 1 to bob/);
    provider.play(sends);
    await runner.run(agent, "hi");
    expect(toldOf(fixture)[0]).toMatch(/budget_exceeded/);
    expect(await decisionsOf(gate)).toContain("tool send deny");
    expect(await isAllSettled(gate)).toBe(true);
  });

  it("tell the model of a denied call, and of a skipped one the rule's result", async () => {
    const { runner, agentOf, server, fixture } = await office(
      ruleFor("tool", { decision: "deny", reason: "no mail" }),
    );
    await runner.run(agentOf(), "hi");
    expect(toldOf(fixture)[0]).toMatch(/no mail/);
    const skipping = await office(
      ruleFor("tool", { decision: "skip", reason: "sent", result: "sent before" }),
    );
    await skipping.runner.run(skipping.agentOf(), "hi");
    expect(toldOf(skipping.fixture)[0]).toMatch(/sent before/);
    expect([server.sent, skipping.server.sent]).toEqual([[], []]);
  });

  it("run a degraded call with the arguments that are decided, and say what it costs", async () => {
    const degraded = ruleFor("tool", { decision: "degrade", patch: { params: { to: "eve" } }, reason: "x" });
    const { runner, agentOf, server, gate } = await office(
      { ...degraded, budgets: [{ id: "stamps", limit: "9 stamps" }] },
      { actions: { send: { amounts: { stamps: 2n } } } },
    );
    await runner.run(agentOf(), "hi");
    expect(server.sent).toEqual(["eve"]);
    expect((await gate.balances())[0]).toMatchObject({ spent: 2n, held: 0n });
  });

  it("are gated where the SDK asks for their whole result", async () => {
    const server = Object.assign(new Mails(), { useStructuredContent: true });
    const { runner, agentOf, gate, fixture } = await office({}, {}, server);
    await runner.run(agentOf(), "hi");
    expect(toldOf(fixture)[0]).toBe('{"sent":1}');
    expect(await decisionsOf(gate)).toContain("tool send allow");
    const denied = Object.assign(new Mails(), { useStructuredContent: true });
    const other = await office(ruleFor("tool", { decision: "deny", reason: "no mail" }), {}, denied);
    await other.runner.run(other.agentOf(), "hi");
    expect(toldOf(other.fixture)[0]).toMatch(/no mail/);
    expect(denied.sent).toEqual([]);
  });

  it.each([undefined, null])("end the run that a call stops (errorFunction: %s)", async (errorFunction) => {
    const stop = ruleFor("tool", { decision: "deny", terminal: true, reason: "tampering" });
    const { runner, agentOf, server, provider } = await office(stop);
    const agent = agentOf(errorFunction === undefined ? {} : { mcpConfig: { errorFunction } });
    const error: unknown = await runner.run(agent, "hi").catch((thrown: unknown) => thrown);
    expect(findDenial(error)).toMatchObject({ terminal: true, refusal: { action: { name: "send" } } });
    expect([server.sent, provider.count()]).toEqual([[], 1]);
  });

  it("keep output guardrails of their own", async () => {
    const seen: unknown[] = [];
    const server = Object.assign(new Mails(), {
      toolOutputGuardrails: [
        {
          type: "tool_output" as const,
          name: "own",
          run: async ({ output }: { output: unknown }) => {
            seen.push(output);
            return { behavior: { type: "allow" as const } };
          },
        },
      ],
    });
    const { runner, agentOf } = await office({}, {}, server);
    await runner.run(agentOf(), "hi");
    expect(seen).toEqual([{ type: "text", text: "mail 1" }]);
  });

  it("tell the model that approval is needed; as tools of the agent they interrupt the run", async () => {
    const asks = ruleFor("tool", { decision: "require_approval", reason: "is it wanted?" });
    const { runner, run, agentOf, server, fixture, provider } = await office(asks);
    await runner.run(agentOf(), "hi");
    expect(toldOf(fixture)[0]).toMatch(/approval_required/);
    provider.play(sends);
    const tools = gateTools(await getAllMcpTools({ mcpServers: [server] }), run);
    const agent = agentOf({ mcpServers: [], tools });
    const { state } = await runner.run(agent, "hi");
    approved(state);
    await runner.run(agent, state);
    expect(server.sent).toEqual(["bob"]);
  });

  it("are what they were in all else, and gated once", async () => {
    const { run, gate, server, gated } = await office();
    expect(gated.name).toBe("mails");
    expect(await gated.listTools()).toHaveLength(1);
    expect(gateMcpServer(gated, run)).toBe(gated);
    expect(() => gateMcpServer(gated, gate)).toThrow(/MCP server "mails" is gated already/);
    await gated.close();
    await expect(server.listTools()).rejects.toThrow(/not connected/);
  });
});
