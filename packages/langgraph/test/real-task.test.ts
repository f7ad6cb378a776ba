import { Command, entrypoint, interrupt, MemorySaver, START, StateGraph } from "@langchain/langgraph";
import { ruleFor } from "@tollgate/conformance/test-gate";
import { ActionDenied } from "@tollgate/core";
import { describe, expect, it } from "vitest";
import { answerApproval, type GatedTaskOptions, gatedTask } from "../src/index.ts";
import { Notes } from "./asking-node.ts";
import { asking, booksOf, calls, expectRace, type Fixture, interruptsOf, open, thread } from "./fixture.ts";

/** A task that asks the model once and answers its message, which tells what was used. */
const asker = ({ gate, ask }: Fixture, more: Partial<GatedTaskOptions<[string], unknown>> = {}) =>
  gatedTask(gate, {
    name: "ask",
    action: (prompt: string) => ({ ...asking, params: { prompt } }),
    call: (permit, prompt) => ask(permit, prompt),
    ...more,
  });

describe("a gated task", () => {
  it("is paid once in a workflow with two calls and two interrupts", async () => {
    const fixture = await open();
    const ask = asker(fixture);
    const flow = entrypoint({ name: "flow", checkpointer: new MemorySaver() }, async (topic: string) => {
      await ask(`draft ${topic}`);
      const first: string = interrupt("goes on?");
      await ask(`improve ${topic}`);
      const second: string = interrupt("done?");
      return [first, second];
    });
    await flow.invoke("a topic", thread());
    await flow.invoke(new Command({ resume: "yes" }), thread());
    expect(await flow.invoke(new Command({ resume: "very" }), thread())).toEqual(["yes", "very"]);
    expect(fixture.provider.count()).toBe(2);
    expect(await booksOf(fixture.gate)).toEqual({ calls: 0n, money: 2n * 360_000n, held: 0n });
  });

  it("is paid once in a node that is interrupted after it", async () => {
    const fixture = await open();
    const ask = asker(fixture);
    const graph = new StateGraph(Notes)
      .addNode("draft", async () => {
        await ask("draft");
        return { notes: [interrupt("good?") as string] };
      })
      .addEdge(START, "draft")
      .compile({ checkpointer: fixture.saver });
    const [asked] = interruptsOf(await graph.invoke({}, thread()));
    expect((await graph.invoke(new Command({ resume: { [asked!.id!]: "yes" } }), thread())).notes).toEqual([
      "yes",
    ]);
    expect(fixture.provider.count()).toBe(1);
  });

  it("is paid as often as it is called, also with the same arguments", async () => {
    const fixture = await open();
    const ask = asker(fixture);
    await entrypoint("flow", async (_: string) => {
      await Promise.all([ask("same"), ask("same"), ask("same")]);
      return 0;
    }).invoke("");
    expect(fixture.provider.count()).toBe(3);
    expect(await booksOf(fixture.gate)).toMatchObject({ money: 3n * 360_000n });
  });

  it("waits for approval, and is called once by resumes at once", async () => {
    const fixture = await open(ruleFor("llm", { decision: "require_approval", reason: "costly" }));
    const ask = asker(fixture);
    const flow = entrypoint({ name: "flow", checkpointer: new MemorySaver() }, async (_: string) => {
      await ask("draft");
      return "done";
    });
    const [asked] = interruptsOf(await flow.invoke("", thread()));
    const resume = answerApproval(asked!, { approved: true, by: "carol" });
    const both = await Promise.allSettled([1, 2].map(() => flow.invoke(new Command({ resume }), thread())));
    expectRace(both);
    expect(fixture.provider.count()).toBe(1);
  });

  it("is not retried when it is refused, whatever its retry policy says", async () => {
    const fixture = await open({ budgets: [calls(0)] });
    let attempts = 0;
    const ask = asker(fixture, {
      retry: { maxAttempts: 5, initialInterval: 1, jitter: false, logWarning: false, retryOn: () => true },
      action: (prompt: string) => {
        attempts += 1;
        return { ...asking, params: { prompt } };
      },
    });
    const flow = entrypoint("flow", async (_: string) => ask("x"));
    await expect(flow.invoke("")).rejects.toBeInstanceOf(ActionDenied);
    expect([attempts, fixture.provider.count()]).toEqual([1, 0]);
  });

  it("that failed is retried as its policy says, each attempt with a reservation of its own", async () => {
    const fixture = await open({ budgets: [calls(9)] }, ({ index }) => (index < 2 ? { status: 503 } : {}));
    const ask = asker(fixture, { retry: { initialInterval: 1, jitter: false, logWarning: false } });
    await entrypoint("flow", async (_: string) => {
      await ask("x");
      return 0;
    }).invoke("");
    expect(fixture.provider.count()).toBe(3);
    expect(await booksOf(fixture.gate)).toEqual({ calls: 1n, money: 360_000n, held: 0n });
  });

  it("that failed is a new attempt when its thread is run again", async () => {
    const fixture = await open({}, ({ index }) => (index === 0 ? { ending: "cut" } : {}));
    const ask = asker(fixture);
    const flow = entrypoint({ name: "flow", checkpointer: fixture.saver }, async (_: string) => {
      await ask("x");
      return "done";
    });
    await expect(flow.invoke("", thread())).rejects.toThrow();
    expect(await flow.invoke(null, thread())).toBe("done");
    expect(fixture.provider.count()).toBe(2);
  });

  it("answers what `skipped` says for a skipped call, and throws without it", async () => {
    const fixture = await open(ruleFor("llm", { decision: "skip", reason: "known", result: "42" }));
    const quiet = asker(fixture, { skipped: ({ result }, prompt) => `${prompt}: ${result}` });
    expect(await entrypoint("flow", async (_: string) => quiet("x")).invoke("")).toBe("x: 42");
    const loud = asker(fixture);
    await expect(entrypoint("flow", async (_: string) => loud("x")).invoke("")).rejects.toBeInstanceOf(
      ActionDenied,
    );
    expect(fixture.provider.count()).toBe(0);
  });

  it("sends what a degrade makes of its call, if it says that it does", async () => {
    const cheap = {
      evaluators: [
        {
          name: "thrift",
          evaluate: ({ name }: { readonly name: string }) =>
            name === "gpt-4o"
              ? ({ decision: "degrade", patch: { model: "gpt-4o-mini" }, reason: "thrift" } as const)
              : ({ decision: "allow" } as const),
        },
      ],
    };
    const fixture = await open(cheap);
    const able = asker(fixture, { accepts: ["model"] });
    await entrypoint("flow", async (_: string) => {
      await able("x");
      return 0;
    }).invoke("");
    expect(fixture.provider.requests.map(({ model }) => model)).toEqual(["gpt-4o-mini"]);
    const unable = asker(fixture);
    await expect(entrypoint("flow", async (_: string) => unable("x")).invoke("")).rejects.toThrow(
      /cannot apply/,
    );
    expect(fixture.provider.count()).toBe(1);
  });
});
