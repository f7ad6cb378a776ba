import type { Awaitable } from "../awaitable.ts";

/**
 * Which runs and agents are stopped: those of one gate, or of all that share a store.
 *
 * A name is a run's id, or what {@link agentName} makes of an agent's.
 */
export interface Stops {
  /**
   * Brings up to date what `reason` answers, where others can stop something, too; `now` is the gate's time.
   *
   * Asked before each decision; it denies when this fails.
   */
  refresh?(now: number): Awaitable<void>;
  /** Why it was stopped, or null, also for no name. */
  reason(name: string | undefined): string | null;
  /** Stops it; the first reason stays. Answers false when it was stopped already. */
  stop(name: string, reason: string, now: number): Awaitable<boolean>;
  /**
   * Resolves once no gate that shares these stops can decide anew without knowing of those that were made until now.
   *
   * Asked by what acknowledges a stop, after it is kept.
   */
  spread?(): Awaitable<void>;
  close?(): Awaitable<void>;
}

/**
 * The name that an agent is stopped under, in one tenant or in all; undefined for no agent. Only such names have
 * spaces: `agent ["bot","acme"]`, or `agent ["bot",null]`.
 */
export function agentName(agent: string | undefined, tenant?: string): string | undefined {
  return agent && `agent ${JSON.stringify([agent, tenant])}`;
}

/** What a name is of: a run by its id, or an agent, in one tenant or in all. The other way round than {@link agentName}. */
export function stoppedName(name: string): { run: string } | { agent: string; tenant?: string } {
  if (!name.startsWith("agent ")) return { run: name };
  const [agent, tenant] = JSON.parse(name.slice("agent ".length)) as [string, string | null];
  return tenant === null ? { agent } : { agent, tenant };
}
