import type { Approval, ApprovalStore, Awaitable } from "@tollgate/core";

/** Where approvals are kept: none at first, and the same whenever it is opened. */
export interface ApprovalPlace {
  /** Opens what is kept here, as another process does; a store in memory answers the same one every time. */
  open(): Awaitable<ApprovalStore>;
  /** Clears the place away; called once, after every store opened here was closed. */
  remove?(): Awaitable<void>;
}

/** Makes a place where no approval was ever kept. */
export type MakeApprovalPlace = () => Awaitable<ApprovalPlace>;

/** A rule that every store of approvals keeps; `check` rejects with what broke it. */
export interface ApprovalLaw {
  readonly rule: string;
  check(): Promise<void>;
}

/** Opens a new place so many times, uses it, and clears it away, whatever happens. */
export async function usingApprovals(
  make: MakeApprovalPlace,
  count: number,
  use: (stores: readonly ApprovalStore[], place: ApprovalPlace) => Promise<void>,
): Promise<void> {
  const place = await make();
  const stores: ApprovalStore[] = [];
  try {
    for (let nth = 0; nth < count; nth++) stores.push(await place.open());
    await use(stores, place);
  } finally {
    for (const store of stores) await store.close?.();
    await place.remove?.();
  }
}

/** A request for one approval, open from 1,000 to 2,000. */
export function request(id: string, changes: Partial<Approval> = {}): Approval {
  return {
    id,
    status: "pending",
    digest: `sha256:${"d".repeat(64)}`,
    policy: null,
    run: "run",
    action: { kind: "tool", name: "pay" },
    subject: { user: "alice" },
    reason: "payments need a person",
    approver: "treasurer",
    requestedAt: 1000,
    expiresAt: 2000,
    decision: null,
    answer: null,
    ...changes,
  };
}

/** Carol's yes, at 1,100. */
export const yes = { status: "granted", by: "carol", reason: null, at: 1100 } as const;
