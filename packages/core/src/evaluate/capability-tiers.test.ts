import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Action } from "../action/action.ts";
import { type Capability, capabilities } from "../action/capability.ts";
import { InvalidConfig } from "../errors.ts";
import { type CapabilityTiersOptions, capabilityTiers } from "./capability-tiers.ts";
import type { EvaluationContext, Verdict } from "./evaluator.ts";

const context = {} as EvaluationContext;
const tools = { "send_*": "payment_execute", send_mail: "data_write", read: "read_only" } as const;

function ask(options: Partial<CapabilityTiersOptions>, action: Partial<Action>): Verdict {
  const asked: Action = { kind: "tool", name: "send_money", params: {}, amounts: {}, subject: {}, ...action };
  return capabilityTiers({ tools, ...options }).evaluate(asked, context) as Verdict;
}

describe("capability tiers", () => {
  it("let a tool through for a subject with its tier or a higher one, and for no lower", () => {
    const tier = fc.constantFrom(...capabilities);
    fc.assert(
      fc.property(tier, tier, (required, granted) => {
        const { decision } = ask({ tools: { t: required } }, { name: "t", subject: { capability: granted } });
        const enough = capabilities.indexOf(granted) >= capabilities.indexOf(required);
        expect(decision).toBe(enough ? "allow" : "deny");
      }),
    );
  });

  it("say what was needed, what was held, and by which pattern", () => {
    expect(ask({}, { subject: { capability: "data_write" } })).toEqual({
      decision: "deny",
      reason: 'tool "send_money" needs payment_execute; the subject has data_write',
      rule: "send_*",
    });
  });

  it("take the closest pattern", () => {
    expect(ask({}, { name: "send_mail", subject: { capability: "data_write" } })).toEqual({
      decision: "allow",
    });
  });

  it("take the higher of the pattern's tier and the action's own", () => {
    const subject = { capability: "data_write" } as const;
    expect(ask({}, { name: "read", capability: "payment_initiate", subject })).toMatchObject({
      decision: "deny",
      reason: 'tool "read" needs payment_initiate; the subject has data_write',
    });
    expect(ask({}, { capability: "read_only", subject })).toMatchObject({ decision: "deny" });
  });

  it("deny a tool without a tier, whoever asks, unless told what it needs", () => {
    const unlisted = { name: "mystery", subject: { capability: "payment_execute" } } as const;
    expect(ask({}, unlisted)).toMatchObject({
      decision: "deny",
      reason: 'tool "mystery" has no capability tier; list it under tools, or set otherwise',
    });
    expect(ask({ otherwise: "deny" }, unlisted)).toMatchObject({ decision: "deny" });
    expect(ask({ otherwise: "payment_execute" }, unlisted)).toEqual({ decision: "allow" });
    expect(
      ask({ otherwise: "data_write" }, { ...unlisted, subject: { capability: "read_only" } }),
    ).toMatchObject({
      decision: "deny",
    });
  });

  it("take the action's own tier for a tool without another", () => {
    const own = { name: "mystery", capability: "data_write" } as const;
    expect(ask({}, { ...own, subject: { capability: "data_write" } })).toEqual({ decision: "allow" });
    expect(ask({}, { ...own, subject: { capability: "read_only" } })).toMatchObject({ decision: "deny" });
  });

  it.each<[Capability | undefined, string | undefined, string]>([
    [undefined, "treasurer", "allow"],
    [undefined, "clerk", "deny"],
    // What a subject carries itself counts before its role.
    ["read_only", "treasurer", "deny"],
    ["payment_execute", "clerk", "allow"],
  ])("with capability %s and role %s: %s", (_capability, role, decision) => {
    const grants = { treasurer: "payment_execute", clerk: "data_write" } as const;
    const subject = { ...(_capability && { capability: _capability }), ...(role && { role }) };
    expect(ask({ grants }, { subject })).toMatchObject({ decision });
  });

  it("name the field that is missing where nothing is granted", () => {
    const grants = { clerk: "data_write" } as const;
    const reasonOf = (verdict: Verdict) => verdict.reason;
    expect(reasonOf(ask({}, {}))).toMatch(/needs payment_execute; subject.capability is missing$/);
    expect(reasonOf(ask({ grants }, {}))).toMatch(/subject.capability and subject.role are missing$/);
    expect(reasonOf(ask({ grants }, { subject: { role: "guest" } }))).toMatch(
      /role "guest" is granted none, and subject.capability is missing$/,
    );
    expect(reasonOf(ask({}, { subject: { role: "guest" } }))).toMatch(/subject.capability is missing$/);
  });

  it("do not take a role that means something to JavaScript for a granted one", () => {
    expect(ask({ grants: {} }, { subject: { role: "constructor" } })).toMatchObject({ decision: "deny" });
  });

  it("ask of other kinds only what the action asks itself", () => {
    expect(ask({}, { kind: "llm" })).toEqual({ decision: "allow" });
    expect(ask({}, { kind: "llm", capability: "data_write" })).toMatchObject({ decision: "deny" });
    expect(
      ask({}, { kind: "other", capability: "data_write", subject: { capability: "data_write" } }),
    ).toEqual({
      decision: "allow",
    });
  });

  it.each<[string, unknown, string]>([
    ["no tools", {}, "tools"],
    ["a list of tools", { tools: [] }, "tools"],
    ["a tier that there is none of", { tools: { a: "admin" } }, 'tools["a"]'],
    ["a star inside a name", { tools: { "a*b": "read_only" } }, 'tools["a*b"]'],
    ["a grant that there is none of", { tools, grants: { a: "all" } }, 'grants["a"]'],
    ["an otherwise that there is none of", { tools, otherwise: "allow" }, "otherwise"],
    ["a bad name", { tools, name: "" }, "name"],
  ])("refuse %s", (_, options, field) => {
    expect(() => capabilityTiers(options as CapabilityTiersOptions)).toThrow(
      expect.objectContaining({ constructor: InvalidConfig, field }),
    );
  });
});
