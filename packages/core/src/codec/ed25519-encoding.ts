/**
 * The y coordinates of the eight points of small order, little endian, sign bit clear.
 *
 * Order 4 (y = 0), order 1 (y = 1), order 2 (y = -1) and order 8 (two values of y); each stands for both
 * signs of x.
 */
const smallOrderY: readonly string[] = [
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0100000000000000000000000000000000000000000000000000000000000000",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
];

/** The order of the base point, L = 2^252 + 27742317777372353535851937790883648493, big endian. */
const order = "1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3ed";

const smallOrderBytes: readonly Uint8Array[] = smallOrderY.map(bytesOf);
const orderBytes: Uint8Array = bytesOf(order).reverse();

/**
 * Whether 32 bytes may stand for a public key or for a signature's R: y below 2^255 - 19 (RFC 8032, section
 * 5.1.3) and not a point of small order, under which one signature fits many messages.
 *
 * Whether the point is on the curve is left to the verification itself.
 */
export function isAcceptablePoint(bytes: Uint8Array): boolean {
  if (bytes.length !== 32 || !isBelowPrime(bytes)) return false;
  return !smallOrderBytes.some((y) => y.every((byte, index) => byte === masked(bytes, index)));
}

/** Whether a signature's S is below the group's order (RFC 8032, section 5.1.7): only one S fits. */
function isAcceptableScalar(bytes: Uint8Array): boolean {
  for (let index = 31; index >= 0; index--) {
    const difference = (bytes[index] ?? 0) - (orderBytes[index] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}

/** Whether 64 bytes may be a signature: its R and S in the one form that both back ends accept. */
export function isAcceptableSignature(signature: Uint8Array): boolean {
  return (
    signature.length === 64 &&
    isAcceptablePoint(signature.subarray(0, 32)) &&
    isAcceptableScalar(signature.subarray(32))
  );
}

/** 2^255 - 19 is ed ff .. ff 7f in little endian: only a y of all ones above its first byte can reach it. */
function isBelowPrime(bytes: Uint8Array): boolean {
  for (let index = 31; index > 0; index--) {
    if (masked(bytes, index) !== (index === 31 ? 0x7f : 0xff)) return true;
  }
  return masked(bytes, 0) < 0xed;
}

/** A byte of y: the topmost bit of the last one is the sign of x. */
function masked(bytes: Uint8Array, index: number): number {
  const byte = bytes[index] ?? 0;
  return index === 31 ? byte & 0x7f : byte;
}

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from({ length: hex.length / 2 }, (_, index) =>
    Number.parseInt(hex.slice(index * 2, index * 2 + 2), 16),
  );
}
