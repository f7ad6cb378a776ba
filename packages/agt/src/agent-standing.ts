import type { AgentIdentity, KillSwitch, LifecycleManager } from "@microsoft/agent-governance-sdk";

/**
 * Where AGT keeps what became of agents. Its policy engine asks none of them: without these a killed, quarantined
 * or revoked agent is let through as before.
 */
export interface AgentStanding {
  /** An `IdentityRegistry`: an agent that it does not know or whose identity is not active is denied. */
  readonly identities?: { get(did: string): Pick<AgentIdentity, "isActive" | "status"> | undefined };
  /** A `KillSwitch`: an agent that it ever killed is denied, and its run is stopped. */
  readonly killSwitch?: Pick<KillSwitch, "getHistory">;
  /** The `LifecycleManager` of an agent: one that is not active, degraded or rotating its keys is denied. */
  readonly lifecycle?: (agentId: string) => Pick<LifecycleManager, "state"> | undefined;
}

/** Why an agent may do nothing at all. */
export interface Outlawed {
  readonly reason: string;
  /** Whether nothing it does later can be right either. */
  readonly terminal: boolean;
}

const working: ReadonlySet<string> = new Set(["active", "degraded", "rotating"]);

/** Why an agent may do nothing, or null. */
export function whyOutlawed(agentId: string, standing: AgentStanding): Outlawed | null {
  const { identities, killSwitch, lifecycle } = standing;
  if (killSwitch?.getHistory().some((killed) => killed.agentId === agentId) === true) {
    return { reason: `agent ${agentId} was killed`, terminal: true };
  }
  if (identities !== undefined) {
    const identity = identities.get(agentId);
    if (identity === undefined) return { reason: `agent ${agentId} has no identity`, terminal: false };
    if (identity.status === "revoked") {
      return { reason: `the identity of agent ${agentId} is revoked`, terminal: true };
    }
    if (!identity.isActive())
      return { reason: `the identity of agent ${agentId} is not active`, terminal: false };
  }
  if (lifecycle === undefined) return null;
  const state = lifecycle(agentId)?.state;
  if (state !== undefined && working.has(state)) return null;
  return { reason: `agent ${agentId} is ${state ?? "of no known state"}`, terminal: false };
}
