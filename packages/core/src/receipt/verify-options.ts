import { InvalidConfig } from "../errors.ts";
import { jwkThumbprint, publicKeyBytes } from "./jwk-thumbprint.ts";
import type { CheckpointHead, PublicJwk } from "./receipt.ts";
import type { SignatureChecker } from "./signature-batch.ts";

/** A key that is not to be trusted any more. */
export interface Revocation {
  /** The thumbprint of the signing key, or of the root key. */
  readonly kid: string;
  /**
   * From when on, as RFC 3339. It believes the clock of whoever signed: with the key stolen that may be a
   * thief's. @default from the beginning
   */
  readonly since?: string;
}

/** How receipts are to be verified. */
export interface VerifyOptions {
  /**
   * The keys that a chain may start with, and the roots that may endorse such keys; those that a chain goes
   * over to later are vouched for by these.
   *
   * An empty list trusts nobody. @default none given: the best verdict is then `bound`
   */
  readonly keys?: readonly PublicJwk[];
  /** Keys that were trusted once. @default none */
  readonly revoked?: readonly Revocation[];
  /** Receipts that were seen before or elsewhere, and must be there. @default none */
  readonly heads?: readonly CheckpointHead[];
  /** Whether every chain must end with its `close`. @default false */
  readonly closed?: boolean;
  /**
   * Whether the stream is only part of a log: chains that checkpoints of others name may then be absent as a
   * whole. @default false
   */
  readonly partial?: boolean;
  /**
   * Whether the beginnings of chains may have been dropped: what is left of one is then its `key` receipts, and all
   * from one of its checkpoints on. The report says from where. @default false
   */
  readonly trimmed?: boolean;
  /** How far a receipt's time may be before that of one before it. @default 0: Tollgate's never is */
  readonly timeToleranceMs?: number;
  /** Checks signatures elsewhere, as in worker threads. @default here, one by one */
  readonly signatures?: SignatureChecker;
}

/** Verification options, checked and ready for use. */
export interface VerifyRules {
  /** Thumbprints; null trusts anybody. */
  readonly keys: ReadonlySet<string> | null;
  /** From when on each is revoked: RFC 3339 in UTC with milliseconds, or empty for ever. */
  readonly revoked: ReadonlyMap<string, string>;
  readonly heads: readonly CheckpointHead[];
  readonly closed: boolean;
  readonly partial: boolean;
  readonly trimmed: boolean;
  readonly timeToleranceMs: number;
}

/** @throws InvalidConfig or VerificationError (a key that is none) for options that make no sense. */
export function readVerifyOptions(options: VerifyOptions): VerifyRules {
  const { keys, revoked = [], heads = [], timeToleranceMs = 0 } = options;
  const { closed = false, partial = false, trimmed = false } = options;
  if (!(timeToleranceMs >= 0)) {
    throw new InvalidConfig("timeToleranceMs", `expected milliseconds, 0 or more, not ${timeToleranceMs}`);
  }
  for (const key of keys ?? []) publicKeyBytes(key);
  return {
    keys: keys === undefined ? null : new Set(keys.map(jwkThumbprint)),
    revoked: readRevoked(revoked),
    heads,
    closed,
    partial,
    trimmed,
    timeToleranceMs,
  };
}

function readRevoked(revoked: readonly Revocation[]): ReadonlyMap<string, string> {
  const earliest = new Map<string, string>();
  for (const [index, { kid, since }] of revoked.entries()) {
    const time = since === undefined ? "" : instantOf(since, `revoked[${index}].since`);
    const known = earliest.get(kid);
    if (known === undefined || time < known) earliest.set(kid, time);
  }
  return earliest;
}

/** A time in the one form that sorts as text. */
function instantOf(text: string, field: string): string {
  const instant = new Date(text);
  // Without a zone it would mean another instant on another machine.
  if (!/T.*(Z|[+-]\d\d:\d\d)$/.test(text) || Number.isNaN(instant.getTime())) {
    throw new InvalidConfig(field, `expected a time as RFC 3339 writes it, not ${JSON.stringify(text)}`);
  }
  return instant.toISOString();
}
