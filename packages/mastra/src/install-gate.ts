import type { RequestContext } from "@mastra/core/request-context";
import type { AgentModels } from "./agent-models.ts";
import type { AgentOptions, CallOptions } from "./agent-options.ts";
import type { AgentRuns } from "./agent-runs.ts";
import type { AgentSteps } from "./agent-steps.ts";
import { mark } from "./gated-mark.ts";
import type { Gateways } from "./map-setting.ts";

/** What an agent's methods are gated with. */
export interface AgentParts {
  readonly runs: AgentRuns;
  readonly models: AgentModels;
  readonly steps: AgentSteps;
  readonly options: AgentOptions;
}

/** An agent, as far as it is asked for something here. */
interface AnyAgent {
  readonly id: string;
  readonly model: unknown;
  getMastraInstance(): (Gateways & { generateId(context?: object): string }) | undefined;
}
type Method = (...args: never[]) => unknown;
type Call = (given: unknown, options?: CallOptions) => Promise<unknown>;
type Lookup = (options?: Readonly<Record<string, unknown>>) => unknown;

/**
 * Gates the methods of an agent that call models and tools, or hand out models.
 *
 * Mastra's own methods call each other by these names, so that approving, resuming and sending go through them.
 */
export function installGate<Gated extends AnyAgent>(agent: Gated, parts: AgentParts): Gated {
  const { runs, models, steps, options } = parts;

  const gatedCall =
    (finish: (answer: unknown, check: () => void) => unknown, isNetwork = false) =>
    (original: Call): Call =>
    async (given, asked = {}) => {
      const mastra = agent.getMastraInstance();
      const runId = String(
        asked.runId ??
          mastra?.generateId({ idType: "run", source: "agent", entityId: agent.id }) ??
          crypto.randomUUID(),
      );
      const run = runs.open(runId, asked.requestContext as RequestContext | undefined, isNetwork);
      const gated = { ...options.gated(asked, mastra), runId };
      const answer = await runs.gate.withRun(run, () => original(given, gated));
      return finish(answer, () => runs.check(run));
    };

  for (const name of ["generate", "resumeGenerate"]) replace(agent, name, gatedCall(whole));
  for (const name of ["stream", "resumeStream"]) replace(agent, name, gatedCall(streamed));
  for (const name of ["network", "resumeNetwork"])
    replace(
      agent,
      name,
      gatedCall((network) => network, true),
    );

  // A title is the agent's own model call, but one that may be refused without a harm to the answer.
  replace(agent, "generateTitleFromUserMessage", (original: Method) => (...args) => {
    return runs.gate.withRun(runs.beside(), () => original(...args));
  });
  replace(agent, "getLLM", (original: Lookup) => (asked = {}) => {
    return original({ ...asked, model: models.setting(asked.model ?? agent.model) });
  });
  replace(agent, "getModel", (original: Lookup) => (asked = {}) => {
    return original({ ...asked, modelConfig: models.setting(asked.modelConfig ?? agent.model) });
  });
  // Networks run the tools that these two answer as they are.
  replace(agent, "listTools", (original: Lookup) => async (asked) => {
    const tools = (await original(asked)) as Readonly<Record<string, unknown>>;
    return runs.inNetwork ? steps.tools(tools) : tools;
  });
  for (const name of ["getDefaultOptions", "getDefaultNetworkOptions"]) {
    replace(agent, name, (original: Lookup) => async (asked) => {
      const defaults = options.gated((await original(asked)) as CallOptions, agent.getMastraInstance());
      const { clientTools } = defaults;
      return runs.inNetwork && clientTools
        ? { ...defaults, clientTools: steps.tools(clientTools) }
        : defaults;
    });
  }
  replace(agent, "__fork", (original: () => Gated) => () => installGate(original(), parts));
  return mark(agent, runs.gate);
}

/** A whole answer, unless a refusal has ended it that Mastra has not told. */
function whole(answer: unknown, check: () => void): unknown {
  check();
  return answer;
}

/** A stream whose text and object reject where a refusal has ended it, where Mastra answers what came before. */
function streamed(output: unknown, check: () => void): unknown {
  return new Proxy(output as object, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (name !== "text" && name !== "object")
        return typeof member === "function" ? member.bind(target) : member;
      return Promise.resolve(member).then((told) => {
        check();
        return told;
      });
    },
  });
}

function replace<Original extends Method>(
  agent: object,
  name: string,
  make: (original: Original) => Original,
): void {
  const original: unknown = Reflect.get(agent, name);
  if (typeof original !== "function") {
    throw new TypeError(`this version of Mastra has no Agent.${name}, so that its agents cannot be gated`);
  }
  Object.defineProperty(agent, name, {
    value: make(original.bind(agent)),
    configurable: true,
    writable: true,
  });
}
