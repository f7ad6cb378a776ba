/** Fresh random bytes from the platform's generator (Web Crypto's getRandomValues); at most 65,536. */
export function randomBytes(length: number): Uint8Array {
  return globalThis.crypto.getRandomValues(new Uint8Array(length));
}
