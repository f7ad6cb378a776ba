const strict: { decode(bytes: Uint8Array): string } = /* @__PURE__ */ new TextDecoder("utf-8", {
  fatal: true,
  ignoreBOM: true,
});

/**
 * The text of bytes in UTF-8, strictly: neither a wrong byte nor a byte order mark vanishes on the way, so
 * that a text is only equal where its bytes are.
 *
 * @throws TypeError when the bytes are not UTF-8.
 */
export function decodeUtf8(bytes: Uint8Array): string {
  return strict.decode(bytes);
}
