import { Command, type LangGraphRunnableConfig } from "@langchain/langgraph";
import type { Awaitable, Gate, JsonObject, Permit, Run } from "@tollgate/core";
import { denialPayload, toRefusal } from "@tollgate/core/adapter";
import { type CallAction, type CallOptions, GatedCalls } from "./gated-calls.ts";
import { withDenials } from "./to-denial.ts";

/**
 * Where a refused call leads: a node's name, or what to do with the reason, which is what a model may be told.
 */
export type RefusedEdge<State, Update> =
  | string
  | ((told: JsonObject, state: State) => Awaitable<Update | Command>);

/** What a gated node does. */
export interface GateNodeOptions<State, Update> extends CallOptions<Update | Command> {
  /** The call that the node is about to make. */
  readonly action: (state: State, config: LangGraphRunnableConfig) => Awaitable<CallAction>;
  /** Makes the call: sends `permit.action` and answers the node's update. */
  readonly call: (
    state: State,
    permit: Permit,
    config: LangGraphRunnableConfig,
  ) => Awaitable<Update | Command>;
  /** Where to go from here; LangGraph also follows the node's static edges, whatever is said here. */
  readonly edges?: {
    /** After the call. @default the node's static edges */
    readonly allow?: string;
    /** When policy or a budget says no. @default ActionDenied is thrown */
    readonly deny?: RefusedEdge<State, Update>;
    /** When the call is skipped. @default ActionDenied is thrown */
    readonly skip?: RefusedEdge<State, Update>;
    /** When somebody has to approve first. @default the graph is interrupted, see `approvals` */
    readonly approval?: RefusedEdge<State, Update>;
  };
}

/** A node's function, for `addNode`. */
export type GatedNode<State, Update> = (
  state: State,
  config: LangGraphRunnableConfig,
) => Promise<Update | Command>;

/**
 * A node whose paid call is made only as far as the gate lets it: decides, makes the call, and routes.
 *
 * The call is inside of the node, so that no edge, static or not, leads to it past the gate. It is one attempt:
 * a retry of the node is the next, and so is running it again from an older checkpoint; of resumes at once only
 * one makes it. Work that must not be repeated when the node is interrupted belongs into a {@link gatedTask}.
 *
 * @throws ActionDenied, ApprovalRequired, GateUnavailable, IdempotencyConflict out of the node, as far as no edge
 *   takes them; the graph's caller gets them as they are, or inside the AggregateError of several nodes.
 */
export function gateNode<State, Update>(
  gateOrRun: Gate | Run,
  options: GateNodeOptions<State, Update>,
): GatedNode<State, Update> {
  const { edges = {} } = options;
  const calls = new GatedCalls<Update | Command>(
    gateOrRun,
    edges.approval ? { ...options, approvals: "throw" } : options,
  );
  return (state, config) =>
    withDenials(async () => {
      const decided = await calls.decide(await options.action(state, config), config);
      const { decision } = decided;
      if (decision.permit !== null) {
        const result = await calls.perform(decided, config, (permit) => options.call(state, permit, config));
        return edges.allow === undefined ? result : goTo(edges.allow, result);
      }
      const refusal = toRefusal(decision);
      const edge = {
        skip: edges.skip,
        require_approval: edges.approval,
        // That nobody could decide, or that somebody else makes the call, is no verdict on it.
        deny: refusal.code === "action_denied" ? edges.deny : undefined,
      }[decision.outcome as "deny" | "skip" | "require_approval"];
      if (edge === undefined) throw refusal;
      return typeof edge === "string" ? new Command({ goto: edge }) : edge(denialPayload(decision), state);
    });
}

/** The same result, and where to go with it. */
function goTo<Update>(node: string, result: Update | Command): Command {
  if (result instanceof Command) return result;
  return new Command({
    goto: node,
    ...(result === undefined ? {} : { update: result as Record<string, unknown> }),
  });
}
