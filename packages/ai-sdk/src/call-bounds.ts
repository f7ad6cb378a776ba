import type { ActionInput } from "@tollgate/core";

/**
 * The most that one call can use up, where its caller knows what the gate cannot tell from prices and tokens:
 * `{ amounts: { usd: "$0.04" } }`, or bounds of its tokens.
 */
export type CallBounds = Pick<ActionInput, "amounts" | "inputTokens" | "maxOutputTokens">;
