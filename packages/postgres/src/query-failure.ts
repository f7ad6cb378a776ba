import { StorageFailed } from "@tollgate/core";

/**
 * What is known of a statement that failed.
 *
 * - `refused`: it changed nothing, and would not if it was sent again.
 * - `again`: it changed nothing, and may succeed when it is sent again at once.
 * - `unreached`: it was not sent; the server may be back soon.
 * - `unanswered`: it may have been done or not, or may yet be.
 */
export type FailureKind = "refused" | "again" | "unreached" | "unanswered";

/** Why a statement failed. */
export class QueryFailed extends StorageFailed {
  readonly kind: FailureKind;
  /** SQLSTATE, or Node's own code; empty when there is none. */
  readonly sqlState: string;

  constructor(kind: FailureKind, message: string, cause: unknown) {
    super(message, { cause });
    this.name = "QueryFailed";
    this.kind = kind;
    this.sqlState = codeOf(cause);
  }
}

/** Why no connection was to be had. */
export function connectFailure(cause: unknown): QueryFailed {
  const code = codeOf(cause);
  // A password or a database that is wrong does not get right by waiting.
  const isFinal = code.startsWith("28") || code === "3D000";
  return new QueryFailed(
    isFinal ? "refused" : "unreached",
    `cannot connect to PostgreSQL: ${textOf(cause)}`,
    cause,
  );
}

/** Why a statement that was sent failed. */
export function queryFailure(cause: unknown): QueryFailed {
  const code = codeOf(cause);
  if (code === "40001" || code === "40P01") {
    return new QueryFailed("again", `PostgreSQL is too busy: ${textOf(cause)}`, cause);
  }
  // What the client makes of a cut connection has no SQLSTATE (EPIPE is none); 57P01 to 57P05 come before the
  // server cuts it.
  if (!/^(?=.*\d)[0-9A-Z]{5}$/.test(code) || code.startsWith("08") || code.startsWith("57P")) {
    return new QueryFailed("unanswered", `the connection to PostgreSQL was lost: ${textOf(cause)}`, cause);
  }
  return new QueryFailed("refused", advice(code, textOf(cause)), cause);
}

function advice(code: string, message: string): string {
  switch (code) {
    case "TG001":
      return message;
    case "22003":
      return `an amount or balance would leave the range of 64-bit integers; nothing was changed: ${message}`;
    case "42883":
    case "42P01":
    case "3F000":
      return `the schema tollgate is missing or older than this package: call migrate(pool) first: ${message}`;
    case "42501":
      return `the role has too few rights on the schema tollgate: see the grants in the README: ${message}`;
    case "25006":
      return `the server takes no writes: connect to the primary: ${message}`;
    case "55P03":
    case "57014":
      return `PostgreSQL did not get to it in time; nothing was changed: ${message}`;
    case "54000":
      return `a key, partition or window is too long to be indexed: ${message}`;
    default:
      return `PostgreSQL failed (${code}): ${message}`;
  }
}

function codeOf(error: unknown): string {
  const code = typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : "";
}

function textOf(error: unknown): string {
  // Node tries several addresses, and has a message for each.
  if (error instanceof AggregateError) return error.errors.map(textOf).join("; ");
  return error instanceof Error ? error.message : String(error);
}
