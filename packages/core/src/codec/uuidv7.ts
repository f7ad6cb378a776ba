import { hexOfByte as hex } from "./hex.ts";
import { randomBytes } from "./random-bytes.ts";

/** How many ids one call to the platform's generator serves: the call costs more than the bytes. */
const batch = 256;
const bytesPerId = 10;

/**
 * Makes a generator of UUIDs version 7 (RFC 9562, section 5.7): `now` is epoch milliseconds, the other 74
 * bits are random.
 *
 * Ids of one millisecond are in no particular order. The generator keeps random bytes in advance, so it
 * belongs to one owner.
 */
export function createIds(): (now: number) => string {
  let pool: Uint8Array = new Uint8Array(0);
  let next = 0;
  return (now) => {
    if (next >= pool.length) {
      pool = randomBytes(batch * bytesPerId);
      next = 0;
    }
    const start = next;
    next += bytesPerId;
    const byte = (index: number): number => pool[start + index] ?? 0;
    const time = Math.floor(now).toString(16).padStart(12, "0");
    return (
      `${time.slice(0, 8)}-${time.slice(8)}-${hex[0x70 | (byte(0) & 0x0f)]}${hex[byte(1)]}-` +
      `${hex[0x80 | (byte(2) & 0x3f)]}${hex[byte(3)]}-` +
      `${hex[byte(4)]}${hex[byte(5)]}${hex[byte(6)]}${hex[byte(7)]}${hex[byte(8)]}${hex[byte(9)]}`
    );
  };
}
