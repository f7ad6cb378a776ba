/**
 * Capability tiers, weakest first: a caller granted one may do what needs it or any before it.
 *
 * The order is agentguard's: `read_only < data_write < payment_initiate < payment_execute`.
 */
export const capabilities = ["read_only", "data_write", "payment_initiate", "payment_execute"] as const;

/** One of {@link capabilities}. */
export type Capability = (typeof capabilities)[number];

/** Whether a caller granted `granted` may do what needs `required`. */
export function covers(granted: Capability, required: Capability): boolean {
  return capabilities.indexOf(granted) >= capabilities.indexOf(required);
}
