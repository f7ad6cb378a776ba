import type { ActionKind, Patch } from "../action/action.ts";
import type { AmountInput } from "../action/amounts.ts";
import type { SubjectField } from "../action/subject.ts";

/** How long a budget's limit lasts before it starts anew. */
export const windowKinds = ["run", "hour", "day", "week", "month", "total"] as const;

/** One of {@link windowKinds}; weeks start on Monday (ISO 8601). */
export type WindowKind = (typeof windowKinds)[number];

/** What happens when an action does not fit: the first three make the limit a soft one. */
export type BudgetThen = "degrade" | "skip" | "require_approval" | "deny" | "stop";

/** Which actions a budget counts; an absent member matches all, a list matches any of its members. */
export interface BudgetMatch {
  readonly tenant?: string | readonly string[];
  readonly user?: string | readonly string[];
  readonly agent?: string | readonly string[];
  readonly role?: string | readonly string[];
  readonly session?: string | readonly string[];
  readonly kind?: ActionKind | readonly ActionKind[];
  /** Model id or tool name: exact, or a prefix followed by `*`. */
  readonly name?: string | readonly string[];
}

/** A limit on a quantity per window, with one balance for each partition. */
export interface BudgetInput {
  /** Unique in the gate; 1 to 64 of `a-z A-Z 0-9 _ . -`. */
  readonly id: string;
  readonly limit: AmountInput;
  /** @default "total" */
  readonly per?: WindowKind;
  /** IANA time zone for hour, day, week and month windows. @default "UTC" */
  readonly timeZone?: string;
  /** One balance for each combination of these subject fields. @default [] (one balance for all) */
  readonly by?: readonly SubjectField[];
  /** @default {} (every action) */
  readonly match?: BudgetMatch;
  /**
   * What happens to an action that does not fit: `deny` it, `stop` the run, or (a soft limit) `degrade`,
   * `skip` or `require_approval`.
   *
   * @default "deny"
   */
  readonly then?: BudgetThen;
  /** How to rewrite the action; needed with `then: "degrade"`, refused otherwise. */
  readonly degrade?: Patch;
}

/** {@link BudgetMatch} as checked: always lists, none of them empty. */
export type BudgetFilter = {
  readonly [Field in SubjectField | "name"]?: readonly string[];
} & { readonly kind?: readonly ActionKind[] };

/** A budget as checked and completed; made by `parseBudgets`, frozen. */
export interface Budget {
  readonly id: string;
  readonly unit: string;
  /** In `unit`; nano-dollars for usd. */
  readonly limit: bigint;
  readonly per: WindowKind;
  readonly timeZone: string;
  /** In the order of `subjectFields`. */
  readonly by: readonly SubjectField[];
  readonly match: BudgetFilter;
  readonly then: BudgetThen;
  /** Present exactly when `then` is `degrade`. */
  readonly degrade?: Patch;
}
