import type { ImageModelV4Usage } from "@ai-sdk/provider";
import type { Usage } from "@tollgate/core";
import { knownUsage } from "@tollgate/core/adapter";

/** An embedding model's usage in the gate's terms. */
export function embeddingUsage(usage: { tokens: number } | undefined): Usage | undefined {
  return knownUsage({ inputTokens: usage?.tokens });
}

/** An image model's usage in the gate's terms. */
export function imageUsage(usage: ImageModelV4Usage | undefined): Usage | undefined {
  return knownUsage({ inputTokens: usage?.inputTokens, outputTokens: usage?.outputTokens });
}
