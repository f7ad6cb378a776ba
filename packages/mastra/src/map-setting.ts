import type { MastraModelGatewayInterface } from "@mastra/core/llm";

/** What of Mastra finds models by their names. */
export interface Gateways {
  listGateways(): Record<string, MastraModelGatewayInterface> | undefined;
}

/** Maps a setting of an agent, or what it answers where it is a function of the request; undefined stays so. */
export function mapSetting<Setting>(
  setting: Setting,
  map: (value: Exclude<Setting, (...args: never[]) => unknown>, mastra: Gateways | undefined) => unknown,
): unknown {
  if (setting === undefined) return undefined;
  if (typeof setting !== "function") return map(setting as never, undefined);
  return async (context: { readonly mastra?: Gateways }) => map(await setting(context), context.mastra);
}
