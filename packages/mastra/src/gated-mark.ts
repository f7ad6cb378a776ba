import type { MastraLanguageModel } from "@mastra/core/agent";
import type { Gate } from "@tollgate/core";
import type { AnyLanguageModel } from "./any-language-model.ts";

/** Where what is gated carries its gate; survives two copies of this package. */
const gatedBy: symbol = Symbol.for("tollgate.mastra.gate");

/** Whether a gate has gated a model, also where Mastra has wrapped it since. */
export function isGated(model: AnyLanguageModel, gate?: Gate): boolean {
  const urls: unknown = Reflect.get(model, "supportedUrls");
  return typeof urls === "object" && urls !== null && isMarked(urls, gate);
}

/** A model that {@link isGated}, with these members instead of its own. */
export function gatedAs(
  model: AnyLanguageModel,
  gate: Gate,
  members: Readonly<Record<string, unknown>>,
): MastraLanguageModel {
  let urls: object | null = null;
  return new Proxy(model, {
    get(target, name) {
      // All that Mastra's wrappers take over of a model, besides its names, is this very object.
      if (name === "supportedUrls") {
        urls ??= mark(copyOf(Reflect.get(target, name)), gate);
        return urls;
      }
      if (typeof name === "string" && Object.hasOwn(members, name)) return members[name];
      const member: unknown = Reflect.get(target, name);
      // Mastra's wrappers keep the model in a private member, which a proxy does not have.
      return typeof member === "function" && name !== "constructor" ? member.bind(target) : member;
    },
  }) as MastraLanguageModel;
}

/** Marks something as gated. */
export function mark<Gated extends object>(gated: Gated, gate: Gate): Gated {
  return Object.defineProperty(gated, gatedBy, { value: gate });
}

/** Whether something is marked as gated, by this gate if one is given. */
export function isMarked(value: object, gate?: Gate): boolean {
  const by: unknown = Reflect.get(value, gatedBy);
  return gate === undefined ? by !== undefined : by === gate;
}

/** The URLs that a model reads by itself are an object, or a promise of one that may not have begun yet. */
function copyOf(urls: unknown): object {
  if (urls instanceof Promise) {
    const copy = urls.then((all: unknown) => all);
    copy.catch(() => undefined);
    return copy;
  }
  return typeof Object(urls).then === "function" ? Object.create(Object(urls)) : { ...Object(urls) };
}
