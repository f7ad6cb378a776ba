import type { DecideOptions, Gate } from "../gate/gate.ts";
import { decideFor } from "../gate/gate-budget.ts";
import type { Permit } from "../gate/permit.ts";
import { toRefusal } from "../gate/refusal.ts";
import type { Run } from "../gate/run.ts";
import type { LanguageCall, LanguagePart, LanguageTool } from "./language-model.ts";

/** The call options that say which tools the provider itself may run. */
type Offering = Pick<LanguageCall, "tools" | "toolChoice">;

/** The tools that a model call offers its provider to run, each with the permit for it. */
export class OfferedTools<Call extends Offering> {
  /** The call without the tools that were refused. */
  readonly call: Call;
  readonly #permits: ReadonlyMap<string, Permit>;
  readonly #uses = new Map<string, number>();
  #isWhole = false;

  private constructor(call: Call, permits: ReadonlyMap<string, Permit>) {
    this.call = call;
    this.#permits = permits;
  }

  /**
   * Decides each provider tool of a call: a web search has run before anything local could stop it, so what
   * is refused is not offered.
   *
   * @throws ActionDenied, ApprovalRequired or GateUnavailable when the call insists on a refused tool.
   */
  static async decide<Call extends Offering>(
    gateOrRun: Gate | Run,
    call: Call,
    options: DecideOptions,
  ): Promise<OfferedTools<Call>> {
    const offered = call.tools?.filter(runsAtProvider) ?? [];
    const permits = new Map<string, Permit>();
    if (offered.length === 0) return new OfferedTools(call, permits);
    const refused = new Set<unknown>();
    for (const tool of offered) {
      const params = { id: tool.id, args: tool.args };
      const decision = await decideFor(gateOrRun, { kind: "tool", name: tool.name, params }, options);
      if (decision.permit !== null) {
        decision.permit.begin();
        decision.permit.hold();
        permits.set(tool.name, decision.permit);
      } else if (call.toolChoice?.type === "tool" && call.toolChoice.toolName === tool.name) {
        await new OfferedTools(call, permits).end("unbilled");
        throw toRefusal(decision);
      } else {
        refused.add(tool);
      }
    }
    if (refused.size === 0) return new OfferedTools(call, permits);
    const { tools, toolChoice, ...rest } = call;
    const left = tools?.filter((tool) => !refused.has(tool)) ?? [];
    const offering: Offering =
      left.length === 0 ? {} : { tools: left, ...(toolChoice === undefined ? {} : { toolChoice }) };
    return new OfferedTools({ ...rest, ...offering } as Call, permits);
  }

  /** Counts what the provider ran; shown every part of the answer. */
  saw(part: LanguagePart): void {
    if (part.type === "finish") this.#isWhole = true;
    if (part.type !== "tool-call" || part.providerExecuted !== true || part.toolName === undefined) return;
    this.#uses.set(part.toolName, (this.#uses.get(part.toolName) ?? 0) + 1);
  }

  /** Books the tools that ran and gives back the rest; in an answer that broke off, each may have run. */
  async end(how: "answered" | "unbilled" | "broken" = this.#isWhole ? "answered" : "broken"): Promise<void> {
    const endings = [...this.#permits].map(([name, permit]) => {
      const uses = this.#uses.get(name) ?? 0;
      if (uses > 0) {
        const claims = permit.decision.claims.map(({ unit, amount }) => [unit, amount * BigInt(uses)]);
        return permit.settle({ amounts: Object.fromEntries(claims) });
      }
      return how === "broken" ? permit.settle() : permit.release("offered, but not used by the provider");
    });
    await Promise.allSettled(endings);
  }
}

/** Whether the provider itself runs a tool; in v2 such tools are of another type. */
function runsAtProvider({ type }: LanguageTool): boolean {
  return type === "provider" || type === "provider-defined";
}
