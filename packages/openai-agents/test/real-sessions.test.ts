import { Agent, MemorySession } from "@openai/agents";
import { describe, expect, it } from "vitest";
import { open, refusalOf } from "./fixture.ts";
import { apis } from "./surfaces.ts";

describe.each(apis)("sessions, over %s", (api) => {
  it("go on in the same run: what was spent before is spent", async () => {
    const budgets = [{ id: "task", limit: "2 calls", per: "run" as const }];
    const { runner, provider } = await open(() => ({}), { budgets }, { api });
    const session = new MemorySession();
    const agent = new Agent({ name: "a", model: "gpt-4o" });
    await runner.run(agent, "one", { session });
    await runner.run(agent, "two", { session });
    const refusal = await refusalOf(runner.run(agent, "three", { session }));
    expect([refusal.refusal.reasonCode, provider.count()]).toEqual(["budget_exceeded", 2]);
    expect(JSON.stringify(provider.requests[1]?.body)).toMatch(/one.*ok.*two/);
  });

  it("keep what was said before a refusal, and nothing of the gate's", async () => {
    let isOpen = true;
    const rule = () =>
      isOpen ? { decision: "allow" as const } : { decision: "deny" as const, reason: "not today" };
    const { runner } = await open(() => ({}), { evaluators: [{ name: "rule", evaluate: rule }] }, { api });
    const session = new MemorySession();
    const agent = new Agent({ name: "a", model: "gpt-4o" });
    await runner.run(agent, "one", { session });
    isOpen = false;
    await refusalOf(runner.run(agent, "two", { session }));
    isOpen = true;
    await runner.run(agent, "three", { session });
    const said = JSON.stringify(await session.getItems());
    expect(said).toMatch(/one.*ok.*three.*ok/);
    expect(said).not.toMatch(/tollgate|not today/);
  });
});
