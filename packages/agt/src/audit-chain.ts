import type { AuditEntry } from "@microsoft/agent-governance-sdk";

/**
 * Why a list of AGT's audit entries is no whole chain, or null.
 *
 * Its beginning may be gone, since the log drops its oldest entries. That its end is gone cannot be seen here:
 * only receipts that name an entry tell.
 */
export async function auditChainFlaw(entries: readonly AuditEntry[]): Promise<string | null> {
  let before: string | null = null;
  for (const [index, { timestamp, agentId, action, decision, hash, previousHash }] of entries.entries()) {
    if (before !== null && previousHash !== before) return `entry ${index} does not follow the one before it`;
    const text = JSON.stringify({ timestamp, agentId, action, decision, previousHash });
    if ((await sha256(text)) !== hash) return `entry ${index} was changed: its hash is another`;
    before = hash;
  }
  return null;
}

/** Hex of SHA-256 over the UTF-8 of a text. */
async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
