import type { MastraModelGatewayInterface } from "@mastra/core/llm";
import type { Gate, Run } from "@tollgate/core";
import { type GateModelOptions, gateModel } from "./gate-model.ts";

/** Makes the gated form of a model that a gateway has found. */
type GateFound = (model: Parameters<typeof gateModel>[0]) => unknown;

/** The name of Mastra's registry of providers, which handles every name that no other gateway does. */
const registry = "models.dev";

/**
 * A gateway whose models are gated, for agents that name their models: `"openai/gpt-4o"`.
 *
 * `new Mastra({ gateways: { tollgate: gateGateway(new ModelsDevGateway(), run) } })` gates all of the registry's
 * names. Models given with a `url` of their own pass by every gateway; `gateAgent` gates those, too.
 */
export function gateGateway(
  gateway: MastraModelGatewayInterface,
  gateOrRun: Gate | Run,
  options: GateModelOptions = {},
): MastraModelGatewayInterface {
  return gatedGateway(gateway, (model) => gateModel(model, gateOrRun, options));
}

/** A gateway that answers what `gate` makes of its models. */
export function gatedGateway(
  gateway: MastraModelGatewayInterface,
  gate: GateFound,
): MastraModelGatewayInterface {
  const members: Readonly<Record<string, unknown>> = {
    resolveLanguageModel: async (...args: Parameters<MastraModelGatewayInterface["resolveLanguageModel"]>) =>
      gate(await gateway.resolveLanguageModel(...args)),
    // Under the registry's own name Mastra opens web sockets past the gateway.
    ...(gateway.id === registry ? { id: "tollgate", getId: () => "tollgate", handlesModel: () => true } : {}),
  };
  return new Proxy(gateway, {
    get(target, name) {
      if (typeof name === "string" && Object.hasOwn(members, name)) return members[name];
      const member: unknown = Reflect.get(target, name);
      return typeof member === "function" && name !== "constructor" ? member.bind(target) : member;
    },
  });
}
