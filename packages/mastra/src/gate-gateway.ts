import { defaultGateways, type MastraModelGatewayInterface } from "@mastra/core/llm";
import type { Gate, Run } from "@tollgate/core";
import { type GateModelOptions, gateModel } from "./gate-model.ts";

/** Makes the gated form of a model that a gateway has found. */
type GateFound = (model: Parameters<typeof gateModel>[0]) => unknown;

/** How the models of a gateway are gated. */
export interface GateGatewayOptions extends GateModelOptions {
  /**
   * The gateway that finds the models.
   *
   * @default Mastra's registry of providers, which handles every name that no other gateway does
   */
  readonly gateway?: MastraModelGatewayInterface;
}

/** The name under which Mastra itself looks for its registry. */
const registry = "models.dev";

/**
 * A gateway whose models are gated, for agents that name theirs: `"openai/gpt-4o"`.
 *
 * It is registered as `new Mastra({ gateways: { tollgate: gateGateway(run) } })`. Names with a prefix of another
 * gateway need that one gated, too. Models named together with a `url` pass by every gateway; `gateAgent` gates
 * those as well.
 */
export function gateGateway(
  gateOrRun: Gate | Run,
  { gateway = registryOfMastra(), ...options }: GateGatewayOptions = {},
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

function registryOfMastra(): MastraModelGatewayInterface {
  const found = defaultGateways.find(({ id }) => id === registry);
  if (found === undefined) throw new TypeError(`this version of Mastra has no gateway "${registry}"`);
  return found;
}
