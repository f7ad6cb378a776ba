import type { Receipt, Subject } from "@tollgate/core";

/**
 * A test for the receipts on a subject's behalf, to be shown receipts in order: decisions that name it, and how
 * each of them ended.
 */
export function subjectFilter(subject: Subject | undefined): (receipt: Receipt) => boolean {
  if (subject === undefined) return () => true;
  const wanted = Object.entries(subject).filter(([, value]) => value !== undefined);
  const open = new Set<string>();
  return ({ body }) => {
    if (body.type === "decision") {
      if (!wanted.every(([field, value]) => body.action.subject[field] === value)) return false;
      open.add(body.reservation ?? body.id);
      return true;
    }
    if (body.type !== "settlement") return false;
    const hold = body.reservation ?? body.decision;
    // An expired one may still be followed by a late settlement.
    return body.outcome === "expired" ? open.has(hold) : open.delete(hold);
  };
}
