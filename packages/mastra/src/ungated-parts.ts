import { InvalidConfig } from "@tollgate/core";
import { isLanguageModel } from "./any-language-model.ts";
import { isMarked } from "./gated-mark.ts";
import { mapSetting } from "./map-setting.ts";

/** How deep a part is looked into for models of its own. */
const maxDepth = 8;

/**
 * Refuses parts of an agent that would call models past the gate: scorers with a judge, processors with an agent
 * of their own, memory that observes, sub-agents that are not gated.
 */
export class UngatedParts {
  readonly #allowed: ReadonlySet<string>;

  /** `allowed` are the paths of parts that are known to pass by the gate. */
  constructor(allowed: readonly string[]) {
    this.#allowed = new Set(allowed);
  }

  /** Answers a part that has no ungated model. @throws InvalidConfig naming the model's path */
  part<Part>(path: string, part: Part): Part {
    if (typeof part === "function")
      return mapSetting(part as unknown, (made) => this.part(path, made)) as Part;
    const found = this.#find(part, path, 0, new Set());
    if (found !== null) {
      throw new InvalidConfig(
        found,
        `what is here may call a model that is not gated: give it as gateModel(model, run), or list "${path}" in gateAgent's ungated option`,
      );
    }
    return part;
  }

  /** Answers memory that has no ungated model. @throws InvalidConfig */
  memory<Memory>(memory: Memory): Memory {
    if (typeof memory === "function")
      return mapSetting(memory as unknown, (made) => this.memory(made)) as Memory;
    const merged: unknown = Object(memory).getMergedThreadConfig?.();
    const { observationalMemory: observes } = Object(merged);
    const { enabled = observes, model, observation, reflection } = Object(observes);
    const names = [model, observation?.model, reflection?.model].some((named) => named !== undefined);
    if (enabled && !names && !this.#allowed.has("memory")) {
      throw new InvalidConfig(
        "memory.observationalMemory.model",
        `memory observes with a model of its own: give it one by gateModel(model, run), or list "memory" in gateAgent's ungated option`,
      );
    }
    return this.part("memory", memory);
  }

  /** Answers sub-agents that are gated, too. @throws InvalidConfig naming one that is not */
  agents<Agents>(agents: Agents): Agents {
    if (typeof agents === "function")
      return mapSetting(agents as unknown, (made) => this.agents(made)) as Agents;
    for (const [name, agent] of Object.entries(agents ?? {})) {
      if (isMarked(Object(agent)) || this.#allowed.has(`agents.${name}`)) continue;
      throw new InvalidConfig(
        `agents.${name}`,
        `this agent is not gated: make it by gateAgent, or list "agents.${name}" in gateAgent's ungated option`,
      );
    }
    return agents;
  }

  /** Answers tools that leave it to the gate whether a call needs approval. @throws InvalidConfig */
  tools<Tools>(path: string, tools: Tools): Tools {
    if (typeof tools === "function")
      return mapSetting(tools as unknown, (made) => this.tools(path, made)) as Tools;
    for (const [name, tool] of Object.entries(tools ?? {})) {
      const { requireApproval } = Object(tool);
      if (typeof requireApproval === "function") {
        throw new InvalidConfig(
          `${path}.${name}.requireApproval`,
          "a function of the tool overrides who else wants approval: let a rule of the gate require it instead",
        );
      }
      if (isMarked(Object(tool))) {
        throw new InvalidConfig(`${path}.${name}`, "gateAgent gates it: give it as it was before gateTool");
      }
    }
    return tools;
  }

  /** @throws InvalidConfig where a part is there that cannot be gated, whatever is in it */
  absent(path: string, part: unknown, why: string): void {
    if (!part || this.#allowed.has(path)) return;
    throw new InvalidConfig(
      path,
      `it cannot be gated, for ${why}; list "${path}" in gateAgent's ungated option if you mean it`,
    );
  }

  #find(value: unknown, path: string, depth: number, seen: Set<unknown>): string | null {
    if (this.#allowed.has(path) || depth > maxDepth || typeof value !== "object" || value === null)
      return null;
    if (isLanguageModel(value)) return isMarked(value) ? null : path;
    if (seen.has(value) || isMarked(value)) return null;
    seen.add(value);
    for (const [name, member] of membersOf(value)) {
      const at = `${path}.${name}`;
      // A scorer given by name is one of Mastra's, which is not seen from here.
      const isHidden =
        (name === "model" && isName(member)) || (name === "scorer" && typeof member === "string");
      const found = isHidden && !this.#allowed.has(at) ? at : this.#find(member, at, depth + 1, seen);
      if (found !== null) return found;
    }
    return null;
  }
}

/** What a part has as values; what it would have to compute is left alone. */
function membersOf(part: object): readonly (readonly [string, unknown])[] {
  if (part instanceof Map) return [...part].map(([name, member]) => [String(name), member]);
  return Object.entries(Object.getOwnPropertyDescriptors(part)).flatMap(([name, { value }]) =>
    value === undefined ? [] : [[name, value] as const],
  );
}

/** Whether a setting names a model, or is a function that will. */
function isName(setting: unknown): boolean {
  if (typeof setting === "string") return setting.includes("/");
  const { id, modelId, doGenerate } = Object(setting);
  return typeof setting === "function" || (doGenerate === undefined && (id ?? modelId) !== undefined);
}
