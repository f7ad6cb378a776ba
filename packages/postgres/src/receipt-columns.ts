import type { Receipt } from "@tollgate/core";

/** What the database keeps of a receipt beside its text, to find it by. */
export interface ReceiptColumns {
  readonly type: string;
  readonly time: string;
  readonly run: string | null;
  /** The reservation, or the decision where nothing was reserved, that a decision or settlement is about. */
  readonly ref: string | null;
  /** How a settlement says that it ended; of a decision, `held` where it has a reservation. */
  readonly outcome: string | null;
  /** The subject of a decision, as JSON. */
  readonly subject: string | null;
}

/** Reads the columns out of a receipt. */
export function columnsOf({ body }: Receipt): ReceiptColumns {
  const { type, time } = body;
  const none = { type, time, run: null, ref: null, outcome: null, subject: null };
  switch (body.type) {
    case "decision": {
      const { run, subject } = body.action;
      return {
        ...none,
        run,
        ref: body.reservation ?? body.id,
        outcome: body.reservation === null ? null : "held",
        subject: JSON.stringify(subject),
      };
    }
    case "settlement":
      return { ...none, ref: body.reservation ?? body.decision, outcome: body.outcome };
    case "approval":
    case "stop":
      return { ...none, run: body.run ?? null };
    default:
      return none;
  }
}
