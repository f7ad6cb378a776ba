import type { ApprovalStatus, PolicyInForce } from "@tollgate/core";
import { expect } from "vitest";

/** The policies that gates go to and fro between. */
export const policies: readonly PolicyInForce[] = ["a", "b"].map((letter) => ({
  digest: `sha256:${letter.repeat(64)}`,
}));

/** What somebody wants to do, in which run and under which policy. */
export interface Asked {
  readonly run: string;
  readonly what: string;
  readonly policy: number;
}

/** What a gate said to it. */
interface Said {
  readonly code: string;
  readonly id: string | null;
}

interface Known extends Asked {
  readonly id: string;
  status: ApprovalStatus;
  readonly expiresAt: number;
}

/** What approvals are, told from outside: by what was done, one thing after the other. */
export class ApprovalModel {
  readonly #known: Known[] = [];
  /** The receipts that there have to be: `id status`. */
  readonly steps: string[] = [];

  /** The id of one that was asked for, by its place; of none where there are none. */
  id(nth: number): string {
    return this.#known[nth % this.#known.length]?.id ?? "none";
  }

  /** Several gates asked for one thing at once. */
  ask(asked: Asked, said: readonly Said[], now: number, expiresAt: number): void {
    const own = this.#known.filter(({ run, what }) => run === asked.run && what === asked.what);
    const find = (status: ApprovalStatus): Known | undefined =>
      own.find((each) => each.status === status && each.policy === asked.policy && each.expiresAt > now);
    if (own.some(({ status }) => status === "denied")) {
      expect(said.map(({ code }) => code)).toEqual(said.map(() => "approval_denied"));
      return;
    }
    const granted = find("granted");
    if (granted !== undefined && asked.what === "yacht") {
      // Not used up by a call that the budget refuses.
      expect(said).toMatchObject([{ code: "budget_exceeded" }]);
      return;
    }
    const allowed = said.filter(({ code }) => code === "allowed");
    expect(allowed).toHaveLength(granted === undefined ? 0 : 1);
    if (granted !== undefined) {
      expect(allowed).toMatchObject([{ id: granted.id }]);
      granted.status = "used";
      this.steps.push(`${granted.id} used`);
    }
    const asking = said.filter(({ code }) => code === "approval_required");
    expect(asking.length + allowed.length).toBe(said.length);
    const ids = new Set(asking.map(({ id }) => id));
    expect(ids.size).toBe(asking.length === 0 ? 0 : 1);
    const pending = find("pending");
    for (const id of ids) {
      if (pending !== undefined) expect(id).toBe(pending.id);
      else this.#add(asked, id ?? "", expiresAt);
    }
  }

  /** Several gates answered one at once; `taken` is what those that succeeded answered. */
  answer(id: string, taken: readonly ApprovalStatus[], now: number): void {
    const known = this.#known.find((each) => each.id === id);
    const isOpen = known?.status === "pending" && known.expiresAt > now;
    expect(taken).toHaveLength(isOpen ? 1 : 0);
    const [status] = taken;
    if (known === undefined || status === undefined) return;
    known.status = status;
    this.steps.push(`${id} ${status}`);
  }

  /** The ids of those with a status, the oldest first. */
  listed(status: ApprovalStatus, now: number): readonly string[] {
    return this.ended(now).flatMap(([id, is]) => (is === status ? [id] : []));
  }

  /** What all have become once somebody looked: what has run out is expired. */
  ended(now: number): readonly (readonly [id: string, status: ApprovalStatus])[] {
    for (const each of this.#known) {
      const isOpen = each.status === "pending" || each.status === "granted";
      if (!isOpen || each.expiresAt > now) continue;
      each.status = "expired";
      this.steps.push(`${each.id} expired`);
    }
    return this.#known.map(({ id, status }) => [id, status]);
  }

  #add(asked: Asked, id: string, expiresAt: number): void {
    expect(this.#known.every((each) => each.id !== id)).toBe(true);
    this.#known.push({ ...asked, id, status: "pending", expiresAt });
    this.steps.push(`${id} requested`);
  }
}
