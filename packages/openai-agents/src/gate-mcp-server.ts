import {
  defineToolOutputGuardrail,
  type MCPServer,
  ToolGuardrailFunctionOutputFactory,
} from "@openai/agents";
import { findDenial, type Gate, type RefusedError, type Run } from "@tollgate/core";
import { beginTool, enforcedInput } from "@tollgate/core/adapter";
import { runOf } from "./current-run.ts";
import { gatedMark, isGatedBy } from "./gated.ts";
import { type DescribedToolAction, decideTool, toldOf, toToolAction } from "./gated-tool.ts";
import { runAbortable } from "./run-abortable.ts";

/** How the tools of an MCP server are gated. */
export interface GateMcpServerOptions {
  /** What a call costs or needs, by the tool's name at its server. */
  readonly actions?: Readonly<Record<string, DescribedToolAction>>;
}

type Call = (
  name: string,
  args: Record<string, unknown> | null,
  ...rest: [meta?: unknown, options?: { readonly signal?: AbortSignal }]
) => Promise<unknown>;

/**
 * The same local MCP server, each of whose tools runs only if the gate lets this very call through; for
 * `new Agent({ mcpServers })`. See {@link gateTool} for refusals.
 *
 * The SDK asks nobody to approve an MCP server's tools: the model is told that approval is needed, and the call
 * goes through once it is granted at the gate. To interrupt the run instead, give the agent the tools themselves:
 * `gateTools(await getAllMcpTools({ mcpServers: [server] }), run)`.
 *
 * @throws TypeError for a server that is gated by another gate or run
 */
export function gateMcpServer<Server extends MCPServer>(
  server: Server,
  gateOrRun: Gate | Run,
  { actions = {} }: GateMcpServerOptions = {},
): Server {
  if (isGatedBy(server, gateOrRun, `MCP server "${server.name}"`)) return server;
  /** Refusals that have stopped a run, which the SDK would tell the model and go on. */
  const stops = new Map<string, RefusedError>();

  const gate =
    (call: Call, refused: (told: string) => unknown): Call =>
    async (name, args, ...rest) => {
      const asked = toToolAction(name, args ?? {}, actions[name]);
      const decision = await decideTool(gateOrRun, asked);
      if (decision.permit === null) {
        try {
          return refused(toldOf(decision));
        } catch (error) {
          const refusal = findDenial(error);
          if (refusal !== null) remember(stops, runOf(gateOrRun).root, refusal);
          throw error;
        }
      }
      const permit = beginTool(decision);
      const enforced = decision.rewritten ? enforcedInput(permit, asked) : args;
      const [, options] = rest;
      return runAbortable(permit, options?.signal, () =>
        Reflect.apply(call, server, [name, enforced, ...rest]),
      );
    };

  const endStopped = defineToolOutputGuardrail({
    name: "tollgate",
    async run() {
      const stop = stops.get(runOf(gateOrRun).root);
      if (stop !== undefined) throw stop;
      return ToolGuardrailFunctionOutputFactory.allow();
    },
  });

  return new Proxy(server, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (name === gatedMark) return gateOrRun;
      if (name === "toolOutputGuardrails") return [endStopped, ...(target.toolOutputGuardrails ?? [])];
      if (typeof member !== "function") return member;
      if (name === "callTool") return gate(member as Call, toContent);
      if (name === "callToolResult") return gate(member as Call, (told) => ({ content: toContent(told) }));
      return member.bind(target);
    },
    has: (target, name) => name === gatedMark || Reflect.has(target, name),
  });
}

/** How many stopped runs are remembered for their tools' ends, which come at once. */
const maxStops = 1000;

function remember(stops: Map<string, RefusedError>, root: string, refusal: RefusedError): void {
  stops.set(root, refusal);
  const [oldest] = stops.keys();
  if (stops.size > maxStops && oldest !== undefined) stops.delete(oldest);
}

function toContent(text: string): readonly object[] {
  return [{ type: "text", text }];
}
