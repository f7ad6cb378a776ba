import type { MastraLanguageModel } from "@mastra/core/agent";
import type { Gate } from "@tollgate/core";
import type { AnyLanguageModel } from "./any-language-model.ts";

/** Where what is gated carries its gate; survives two copies of this package. */
const gatedBy: symbol = Symbol.for("tollgate.mastra.gate");

/** Marks something as gated. */
export function mark<Gated extends object>(gated: Gated, gate: Gate): Gated {
  return Object.defineProperty(gated, gatedBy, { value: gate });
}

/** Whether something is marked as gated, by this gate if one is given. */
export function isMarked(value: object, gate?: Gate): boolean {
  const by: unknown = Reflect.get(value, gatedBy);
  return gate === undefined ? by !== undefined : by === gate;
}

/** A model marked as gated, with these members instead of its own. */
export function gatedAs(
  model: AnyLanguageModel,
  gate: Gate,
  members: Readonly<Record<string, unknown>>,
): MastraLanguageModel {
  let urls: unknown;
  return new Proxy(model, {
    get(target, name) {
      if (name === gatedBy) return gate;
      if (name === "supportedUrls") {
        urls ??= markedUrls(Reflect.get(target, name), gate);
        return urls;
      }
      if (typeof name === "string" && Object.hasOwn(members, name)) return members[name];
      const member: unknown = Reflect.get(target, name);
      // Mastra's wrappers keep the model in a private member, which a proxy does not have.
      return typeof member === "function" && name !== "constructor" ? member.bind(target) : member;
    },
  }) as MastraLanguageModel;
}

/** Whether a gate has gated a model, also inside of whatever Mastra has wrapped around it. */
export async function isGated(model: AnyLanguageModel, gate: Gate): Promise<boolean> {
  // All that Mastra's wrappers and its router take over of a model, besides its names, is this very object.
  return isMarked(model, gate) || isMarked(Object(await Reflect.get(model, "supportedUrls")), gate);
}

/** The URLs that a model reads by itself, which may only be found out when they are asked for. */
function markedUrls(urls: unknown, gate: Gate): unknown {
  if (typeof Object(urls).then !== "function") return mark({ ...Object(urls) }, gate);
  const copy = Promise.resolve(urls).then((all) => mark({ ...Object(all) }, gate));
  copy.catch(() => undefined);
  return copy;
}
