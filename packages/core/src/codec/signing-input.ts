const encoder = new TextEncoder();

/**
 * The bytes that a signature covers: DSSE's pre-authentication encoding (DSSE 1.0.2, "PAE")
 * `"DSSEv1" SP LEN(type) SP type SP LEN(body) SP body`, lengths in bytes of UTF-8.
 */
export function signingInput(payloadType: string, body: string): Uint8Array {
  const typeLength = isAscii(payloadType) ? payloadType.length : encoder.encode(payloadType).length;
  const start = `DSSEv1 ${typeLength} ${payloadType} `;
  const startLength = start.length - payloadType.length + typeLength;
  // One pass for the usual all-ASCII body, whose length in bytes is known before it is encoded.
  const guess = `${start}${body.length} `;
  const bytes = encoder.encode(guess + body);
  const bodyLength = bytes.length - (startLength + `${body.length} `.length);
  return bodyLength === body.length ? bytes : encoder.encode(`${start}${bodyLength} ${body}`);
}

function isAscii(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    if (text.charCodeAt(index) > 0x7f) return false;
  }
  return true;
}
