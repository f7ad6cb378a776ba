import type { CheckpointHead, PublicJwk, Revocation, VerifyOptions } from "@tollgate/core/verify";
import { readHeads } from "./read-heads.ts";
import { readPublicKeys } from "./read-key.ts";
import type { Terminal } from "./terminal.ts";

/** The options that say whom to trust and what must be there, as the command line has them. */
export interface TrustOptions {
  /** Files with public keys. */
  readonly key?: readonly string[];
  /** Thumbprints, each with `=` and a time if it was trusted until then. */
  readonly revoked?: readonly string[];
  /** Files with earlier reports. */
  readonly heads?: readonly string[];
  readonly closed?: boolean;
  readonly partial?: boolean;
  readonly trimmed?: boolean;
  /** Milliseconds. */
  readonly timeTolerance?: number;
}

/** What they mean to the verifier. @throws CliError naming the file that cannot be read */
export async function readTrust(options: TrustOptions): Promise<VerifyOptions> {
  const { key, revoked = [], heads = [], timeTolerance = 0 } = options;
  const { closed = false, partial = false, trimmed = false } = options;
  const rest = {
    revoked: revoked.map(readRevocation),
    timeToleranceMs: timeTolerance,
    ...{ closed, partial, trimmed },
  };
  const known: CheckpointHead[] = [];
  for (const path of heads) known.push(...(await readHeads(path)));
  if (key === undefined) return { ...rest, heads: known };
  const keys: PublicJwk[] = [];
  for (const path of key) keys.push(...(await readPublicKeys(path)));
  return { ...rest, heads: known, keys };
}

/** `<kid>` or `<kid>=<since>`. */
function readRevocation(text: string): Revocation {
  const at = text.indexOf("=");
  return at === -1 ? { kid: text } : { kid: text.slice(0, at), since: text.slice(at + 1) };
}

/** Tells the user, at the end, that nobody looked at the signatures of what was shown. */
export function noteUnchecked({ key }: TrustOptions, { note }: Pick<Terminal, "note">): void {
  if (key === undefined) note("signatures were not checked: give --key to have each receipt verified first");
}
