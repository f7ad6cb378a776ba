import { describe, expect, it } from "vitest";
import { verdictFlaw } from "./verdict-flaw.ts";

const reason = "because";

describe("a verdict", () => {
  it.each([
    { decision: "allow" },
    { decision: "allow", rule: "r", reason },
    { decision: "allow", rule: undefined, reason: undefined },
    { decision: "degrade", reason, patch: { model: "m" } },
    { decision: "degrade", reason, patch: { provider: "p", params: { a: [1] }, maxOutputTokens: 1 } },
    { decision: "skip", reason },
    { decision: "skip", reason, result: { a: null } },
    { decision: "require_approval", reason },
    { decision: "require_approval", reason, approver: "cfo", ttlMs: 1 },
    { decision: "deny", reason },
    { decision: "deny", reason, terminal: true, rule: "r" },
  ])("can be %o", (verdict) => {
    expect(verdictFlaw(verdict)).toBeNull();
  });

  it.each<[unknown, RegExp]>([
    [undefined, /not an object/],
    [null, /not an object/],
    [true, /not an object/],
    ["allow", /not an object/],
    [[], /not a decision/],
    [{}, /not a decision/],
    [{ decision: "ALLOW" }, /not a decision/],
    [{ decision: "constructor" }, /not a decision/],
    [{ decision: ["allow"] }, /not a decision/],
    [{ decision: "allow", patch: { model: "m" } }, /no member "patch"/],
    [{ decision: "allow", terminal: true }, /no member "terminal"/],
    [{ decision: "deny", reason, resaon: "typo" }, /no member "resaon"/],
    [{ decision: "allow", rule: 7 }, /rule/],
    [{ decision: "allow", rule: "" }, /rule/],
    [{ decision: "allow", reason: 7 }, /reason/],
    [{ decision: "allow", reason: "" }, /reason/],
    [{ decision: "deny" }, /reason/],
    [{ decision: "deny", reason: "" }, /reason/],
    [{ decision: "deny", reason: "\ud800" }, /reason/],
    [{ decision: "deny", reason, terminal: "yes" }, /terminal/],
    [{ decision: "skip" }, /reason/],
    [{ decision: "skip", reason, result: () => 1 }, /result/],
    [{ decision: "skip", reason, result: 1n }, /result/],
    [{ decision: "require_approval" }, /reason/],
    [{ decision: "require_approval", reason, approver: 5 }, /approver/],
    [{ decision: "require_approval", reason, ttlMs: 0 }, /ttlMs/],
    [{ decision: "require_approval", reason, ttlMs: Number.NaN }, /ttlMs/],
    [{ decision: "degrade", reason }, /patch is not/],
    [{ decision: "degrade", reason, patch: null }, /patch is not/],
    [{ decision: "degrade", reason, patch: [] }, /patch is not/],
    [{ decision: "degrade", reason, patch: new Map([["model", "m"]]) }, /patch is not a plain object/],
    [{ decision: "degrade", reason, patch: {} }, /changes nothing/],
    [{ decision: "degrade", reason, patch: { model: undefined } }, /changes nothing/],
    [{ decision: "degrade", reason, patch: { modle: "m" } }, /no member "modle"/],
    [{ decision: "degrade", reason, patch: { model: "" } }, /model/],
    [{ decision: "degrade", reason, patch: { provider: 1 } }, /provider/],
    [{ decision: "degrade", reason, patch: { params: [1] } }, /params/],
    [{ decision: "degrade", reason, patch: { params: "x" } }, /params/],
    [{ decision: "degrade", reason, patch: { params: new Map([["n", 1]]) } }, /params are not a plain/],
    [{ decision: "degrade", reason, patch: { maxOutputTokens: 0 } }, /maxOutputTokens/],
    [{ decision: "degrade", reason, patch: { maxOutputTokens: 1.5 } }, /maxOutputTokens/],
    [{ decision: "degrade", patch: { model: "m" } }, /reason/],
  ])("cannot be %o", (verdict, flaw) => {
    expect(verdictFlaw(verdict)).toMatch(flaw);
  });
});
