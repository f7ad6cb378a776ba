import type { TokenCounter } from "./estimate.ts";

/** UTF-8 bytes of parameters that are taken for one token. */
const bytesPerToken = 2;

/** Tokens that an image, a file or another medium in the input is taken for. */
const tokensPerMediaPart = 3_000;

/** Up to this length a loop beats the set-up cost of a TextEncoder. */
const shortText = 256;

/**
 * Estimates input tokens from the size of the call's canonical parameters, from above: one token for two
 * UTF-8 bytes, and 3,000 for each media part.
 *
 * English takes about 4 bytes a token and code about 3, so prose is reserved twice over; digits, CJK text
 * and dense JSON come down to about 2, which is why it is 2. Quotes, keys and escapes are counted too, which
 * covers a chat template's own tokens. It is no proof: text of rare symbols or emoji can exceed it, and a
 * file's tokens depend on its pages. What goes beyond is booked as overage; give `inputTokens`, or a real
 * tokenizer as the counter, where that matters. 3,000 covers one image at the providers' usual scaling.
 */
export const byteCounter: TokenCounter = (paramsJson, action) =>
  Math.ceil(utf8Length(paramsJson) / bytesPerToken) + (action.mediaParts ?? 0) * tokensPerMediaPart;

function utf8Length(text: string): number {
  if (text.length > shortText) return new TextEncoder().encode(text).byteLength;
  let bytes = text.length;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    // A surrogate pair is 4 bytes for 2 units, so each half adds 1; the rest of the plane takes 3 for 1.
    if (unit > 0x7f) bytes += unit <= 0x7ff || (unit >= 0xd800 && unit <= 0xdfff) ? 1 : 2;
  }
  return bytes;
}
