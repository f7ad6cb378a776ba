import type { AgentOutputItem, ModelRequest, SerializedTool } from "@openai/agents";
import type { DecideOptions, Permit, Run } from "@tollgate/core";
import { decideFor, toRefusal } from "@tollgate/core/adapter";
import { withoutSecrets } from "./provider-data.ts";

/** A tool that the provider itself runs, and what is held for it. */
interface Offered {
  readonly permit: Permit;
  /** Whether an item of the model's answer is a call of it. */
  readonly isUse: (item: AgentOutputItem) => boolean;
}

/** The tools that a model call offers its provider to run, each with the permit for it. */
export class HostedTools {
  /** The request without the tools that were refused. */
  readonly request: ModelRequest;
  readonly #offered: readonly Offered[];

  private constructor(request: ModelRequest, offered: readonly Offered[]) {
    this.request = request;
    this.#offered = offered;
  }

  /**
   * Decides each hosted tool of a request: a web search has run before anything local could stop it, so what is
   * refused is not offered. A hosted MCP server is named `hosted_mcp.<its label>`.
   *
   * @throws ActionDenied, ApprovalRequired or GateUnavailable when the request insists on a refused tool.
   */
  static async decide(run: Run, request: ModelRequest, options: DecideOptions): Promise<HostedTools> {
    const offered: Offered[] = [];
    const left: SerializedTool[] = [];
    const hosted = new HostedTools({ ...request, tools: left }, offered);
    try {
      for (const tool of request.tools) {
        const name = hostedName(tool);
        const data = "providerData" in tool ? (tool.providerData ?? {}) : {};
        const decision =
          name === null
            ? null
            : await decideFor(run, { kind: "tool", name, params: withoutSecrets(data) }, options);
        if (decision === null || decision.permit !== null) left.push(tool);
        else if (insists(request, tool.name, data.type)) throw toRefusal(decision);
        if (decision === null || decision.permit === null) continue;
        decision.permit.begin();
        decision.permit.hold();
        offered.push({ permit: decision.permit, isUse: useOf(tool.name, data) });
      }
    } catch (error) {
      await hosted.end([]);
      throw error;
    }
    return left.length === request.tools.length ? new HostedTools(request, offered) : hosted;
  }

  /**
   * Books the tools that ran and gives back the rest; where there is no whole answer, undefined, each may have run.
   */
  async end(output: readonly AgentOutputItem[] | undefined): Promise<void> {
    const endings = this.#offered.map(({ permit, isUse }) => {
      if (output === undefined) return permit.settle();
      const uses = BigInt(output.filter(isUse).length);
      if (uses === 0n) return permit.release("offered, but not used by the provider");
      const claims = permit.decision.claims.map(({ unit, amount }) => [unit, amount * uses]);
      return permit.settle({ amounts: Object.fromEntries(claims) });
    });
    await Promise.allSettled(endings);
  }
}

/** The name by which rules know a tool that the provider runs; null for those that run here. */
function hostedName(tool: SerializedTool): string | null {
  if (tool.type === "shell") return (tool.environment?.type ?? "local") === "local" ? null : tool.name;
  if (tool.type !== "hosted_tool") return null;
  const label: unknown = tool.providerData?.server_label;
  return typeof label === "string" ? `hosted_mcp.${label}` : tool.name;
}

/** Whether a request must call a tool: by its name, or because it must call one and has no other. */
function insists({ modelSettings, tools, handoffs }: ModelRequest, ...names: readonly unknown[]): boolean {
  const { toolChoice } = modelSettings;
  const isOnly = tools.length + handoffs.length === 1;
  return toolChoice !== undefined && (names.includes(toolChoice) || (toolChoice === "required" && isOnly));
}

function useOf(name: string, data: Readonly<Record<string, unknown>>): Offered["isUse"] {
  const label = data.server_label;
  if (label !== undefined) {
    return (item) =>
      item.type === "hosted_tool_call" &&
      item.name === "mcp_call" &&
      item.providerData?.server_label === label;
  }
  // A `web_search_preview` is called by a `web_search_call`.
  const base = String(data.type ?? name).replace(/_preview.*$/, "");
  return ({ type, ...item }) =>
    type === `${base}_call` ||
    (type === "hosted_tool_call" && "name" in item && item.name === `${base}_call`);
}
