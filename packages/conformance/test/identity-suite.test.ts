import { findDenial, type Gate, guard, type Run, type RunInput } from "@tollgate/core";
import { denialPayload } from "@tollgate/core/adapter";
import { describe, expect, it } from "vitest";
import type { IdentityBench, IdentityDriver, NestedAgent } from "../src/identity-driver.ts";
import { identityConformance, identityLaws } from "../src/identity-suite.ts";

/** How the agents of a framework of a few lines find their run. */
interface Framework {
  /** The run of a caller, for all that they say. */
  runOf(gate: Gate, who: RunInput): Run;
  /** For whom the model is called, and for whom tools are; undefined calls them past the gate. */
  readonly model?: (run: Run) => Run | undefined;
  readonly tool?: (run: Run) => Run | undefined;
  readonly inner?: (run: Run) => Run;
}

type Message = Readonly<Record<string, unknown>>;
type Tools = Readonly<Record<string, (args: { readonly text: string }) => Promise<string>>>;

/** Asks a model until it answers, and runs its tools, all at once. */
async function talk(
  { provider }: IdentityBench,
  { model: modelFor = (own) => own, tool: toolFor = (own) => own }: Framework,
  run: Run,
  name: string,
  messages: Message[],
  tools: Tools,
): Promise<string> {
  for (;;) {
    const ask = async (): Promise<Answer> => {
      const body = JSON.stringify({ model: name, messages });
      const answer = await fetch(`${provider.url}/chat/completions`, { method: "POST", body });
      const { choices } = (await answer.json()) as { choices: [{ message: Answer }] };
      return choices[0].message;
    };
    const asking = modelFor(run);
    // The agent goes on with what it has said since.
    const params = { messages: structuredClone(messages) } as never;
    const message =
      asking === undefined ? await ask() : await guard(asking, { kind: "llm", name, params }, ask);
    messages.push({ role: "assistant", ...message });
    if (message.tool_calls === undefined) return message.content ?? "";
    const results = message.tool_calls.map(async ({ id, function: { name: called, arguments: text } }) => {
      const input = JSON.parse(text);
      const acting = toolFor(run);
      const does = () => tools[called]?.(input) ?? Promise.reject(new Error(`there is no tool ${called}`));
      const content =
        acting === undefined
          ? await does()
          : await guard(acting, { kind: "tool", name: called, params: input }, () =>
              acting.gate.withRun(acting, does),
            ).catch(toldOf);
      return { role: "tool", tool_call_id: id, content };
    });
    messages.push(...(await Promise.all(results)));
  }
}

interface Answer {
  readonly content: string | null;
  readonly tool_calls?: readonly Call[];
}

interface Call {
  readonly id: string;
  readonly function: { readonly name: string; readonly arguments: string };
}

function toldOf(error: unknown): string {
  const refused = findDenial(error);
  if (refused === null) throw error;
  return JSON.stringify(denialPayload(refused));
}

const toolsOf = (bench: IdentityBench): Tools => ({
  search: ({ text }) => bench.use("search", text),
  pay: ({ text }) => bench.use("pay", text),
});

const callers =
  (bench: IdentityBench, framework: Framework, tools: (run: Run) => Tools) => (who: RunInput) => {
    const run = framework.runOf(bench.gate, who);
    const messages: Message[] = [];
    return (content: string) => {
      messages.push({ role: "user", content });
      return talk(bench, framework, run, "gpt-4o", messages, tools(run));
    };
  };

const nestedIn = (framework: Framework): NestedAgent => ({
  what: "an agent inside of a tool",
  delegate: (prompt) => ({ name: "inner", arguments: { text: prompt } }),
  open: (bench) =>
    callers(bench, framework, (run) => ({
      inner: ({ text }) =>
        talk(
          bench,
          framework,
          framework.inner?.(run) ?? run.child(),
          "gpt-4o-mini",
          [{ role: "user", content: text }],
          toolsOf(bench),
        ),
    })),
});

const driverOf = (framework: Framework): IdentityDriver => ({
  name: "a framework of a few lines",
  open: (bench) => callers(bench, framework, () => toolsOf(bench)),
  nested: [nestedIn(framework)],
});

const right: Framework = { runOf: (gate, who) => gate.run(who) };

/** Finds the first run of a gate again, whoever comes later. */
function firstOf(): (gate: Gate, run: () => Run) => Run {
  const runs = new WeakMap<Gate, Run>();
  return (gate, open) => {
    const run = runs.get(gate) ?? open();
    runs.set(gate, run);
    return run;
  };
}

const faults: readonly (readonly [what: string, noticed: RegExp, make: () => Framework])[] = [
  ["calls models past the gate", /^refuses an expired token/, () => ({ ...right, model: () => undefined })],
  ["runs tools past the gate", /tools of its role/, () => ({ ...right, tool: () => undefined })],
  [
    "takes everybody for the first who came",
    /does not mix/,
    () => {
      const first = firstOf();
      return { runOf: (gate, who) => first(gate, () => gate.run(who)) };
    },
  ],
  [
    "leaves tools to whoever called last",
    /does not mix/,
    () => {
      let last: Run | undefined;
      return {
        ...right,
        model: (run) => {
          last = run;
          return run;
        },
        tool: () => last,
      };
    },
  ],
  ["forgets who it is further in", /stays who it is/, () => ({ ...right, inner: ({ gate }) => gate.run() })],
  [
    "shows the token again with each step",
    /good once/,
    () => {
      const shown = new WeakMap<Run, RunInput>();
      return {
        runOf: (gate, who) => {
          const run = gate.run(who);
          shown.set(run, who);
          return run;
        },
        model: (run) => run.gate.run(shown.get(run) ?? {}),
      };
    },
  ],
  [
    "drops what callers claim",
    /claim beyond/,
    () => ({ runOf: (gate, { credential }) => gate.run(credential === undefined ? {} : { credential }) }),
  ],
];

identityConformance(driverOf(right));

describe("the laws of identities", () => {
  it.each(faults)("notice a framework that %s", async (_what, noticed, make) => {
    const driver = driverOf(make());
    const laws = identityLaws(driver).filter(({ rule }) => noticed.test(rule));
    expect(laws).toHaveLength(1);
    await expect(laws[0]?.check(driver)).rejects.toThrow();
  });
});
