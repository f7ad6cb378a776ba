import { describe, expect, it } from "vitest";
import type { Action } from "../action/action.ts";
import { InvalidConfig } from "../errors.ts";
import type { EvaluationContext, Verdict } from "./evaluator.ts";
import { type RoleToolsOptions, roleTools } from "./role-tools.ts";

const roles = { clerk: ["search_*", "read_invoice"], treasurer: ["*"], guest: [] };

function ask(action: Partial<Action>, options?: RoleToolsOptions): Verdict {
  const asked: Action = { kind: "tool", name: "pay", params: {}, amounts: {}, subject: {}, ...action };
  return roleTools(roles, options).evaluate(asked, {} as EvaluationContext) as Verdict;
}

describe("tools by role", () => {
  it("are those listed for the role, by name or beginning", () => {
    expect(ask({ name: "search_web", subject: { role: "clerk" } })).toEqual({ decision: "allow" });
    expect(ask({ name: "read_invoice", subject: { role: "clerk" } })).toEqual({ decision: "allow" });
    expect(ask({ name: "pay", subject: { role: "treasurer" } })).toEqual({ decision: "allow" });
    expect(ask({ name: "pay", subject: { role: "clerk" } })).toEqual({
      decision: "deny",
      terminal: false,
      reason: 'tool "pay" is not one of those of role "clerk"',
    });
    expect(ask({ name: "pay", subject: { role: "guest" } }).decision).toBe("deny");
  });

  it("are none for a role that is not listed, whatever its name, and for no role", () => {
    for (const role of ["admin", "constructor", "__proto__", "toString"]) {
      expect(ask({ subject: { role } })).toMatchObject({
        decision: "deny",
        reason: `tool "pay" is for none of role "${role}": no tools are listed for it`,
      });
    }
    expect(ask({})).toMatchObject({
      decision: "deny",
      reason: expect.stringContaining("subject.role is missing"),
    });
  });

  it("do not concern model calls", () => {
    expect(ask({ kind: "llm", name: "gpt-4o" })).toEqual({ decision: "allow" });
  });

  it("stop the run where that is wanted", () => {
    expect(ask({}, { terminal: true })).toMatchObject({ decision: "deny", terminal: true });
  });

  it("refuse lists that make no sense, naming them", () => {
    expect(() => roleTools({ clerk: ["a*b"] })).toThrow(/^roles\["clerk"\]\[0\]: /);
    expect(() => roleTools({ clerk: "search" } as never)).toThrow(/^roles\["clerk"\]: /);
    expect(() => roleTools(null as never)).toThrow(InvalidConfig);
    expect(() => roleTools({}, { name: "" })).toThrow(/^name: /);
  });
});
