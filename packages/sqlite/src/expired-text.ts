import { claimsText, readClaims } from "./claims-text.ts";
import type { OpenRow } from "./reservation-rows.ts";

/** Writes what is kept of an expired reservation besides its key and id: what it needs to settle late. */
export function expiredText({ reservation: { digest, expiresAt, claims }, createdAt }: OpenRow): string {
  return JSON.stringify([digest, expiresAt, createdAt, claimsText(claims)]);
}

/** Reads what {@link expiredText} wrote. */
export function readExpired(key: string, id: string, text: string): OpenRow {
  const [digest, expiresAt, createdAt, claims]: [string, number, number, string] = JSON.parse(text);
  return { reservation: { id, key, digest, claims: readClaims(claims), expiresAt }, createdAt };
}
