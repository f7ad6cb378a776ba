const encoder = new TextEncoder();

/**
 * The bytes that a signature covers: DSSE's pre-authentication encoding (DSSE 1.0.2, "PAE")
 * `"DSSEv1" SP LEN(type) SP type SP LEN(body) SP body`, lengths in bytes of UTF-8.
 */
export function signingInput(payloadType: string, body: string): Uint8Array {
  const guess = `DSSEv1 ${payloadType.length} ${payloadType} ${body.length} ${body}`;
  // The usual case in one pass: a text fits into as many bytes as it has characters only if all are ASCII.
  const bytes = new Uint8Array(guess.length);
  if (encoder.encodeInto(guess, bytes).read === guess.length) return bytes;
  const [typeLength, bodyLength] = [payloadType, body].map((text) => encoder.encode(text).length);
  return encoder.encode(`DSSEv1 ${typeLength} ${payloadType} ${bodyLength} ${body}`);
}
