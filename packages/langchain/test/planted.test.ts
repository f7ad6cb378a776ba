import { BaseCallbackHandler } from "@langchain/core/callbacks/base";
import { tool } from "@langchain/core/tools";
import { ChatOpenAI } from "@langchain/openai";
import { type Bench, benchModels, type Surface } from "@tollgate/conformance/adapter-driver";
import { runRow } from "@tollgate/conformance/adapter-row";
import { adapterRows } from "@tollgate/conformance/adapter-suite";
import { type ActionInput, gateBudget, guard, type Permit } from "@tollgate/core";
import { type AgentMiddleware, createAgent, createMiddleware } from "langchain";
import { describe, expect, it, vi } from "vitest";
import * as z from "zod";
import { langchainDriver } from "./surfaces.ts";

vi.spyOn(console, "error").mockImplementation(() => undefined);
vi.spyOn(console, "warn").mockImplementation(() => undefined);

const action: ActionInput = { kind: "llm", name: benchModels.chat, maxOutputTokens: 4096 };

/** Reserves at the start and settles at the end, with what LangChain's own defaults and usage make of it. */
class Naive extends BaseCallbackHandler {
  readonly name: string = "naive";
  readonly #bench: Bench;
  readonly #open: Permit[] = [];

  constructor(bench: Bench, fields: { raiseError?: boolean }) {
    super(fields);
    this.#bench = bench;
  }

  override async handleChatModelStart(): Promise<void> {
    this.#open.push(await gateBudget(this.#bench.run, action));
  }

  override async handleLLMEnd(): Promise<void> {
    await this.#open.pop()?.settle();
  }
}

const gatesModel = (bench: Bench): AgentMiddleware =>
  createMiddleware({
    name: "naive",
    wrapModelCall: (request, handler) => guard(bench.run, action, async () => handler(request)),
  });

type Plant = (bench: Bench) => {
  readonly callbacks?: BaseCallbackHandler[];
  readonly middleware?: readonly AgentMiddleware[];
};

/** Ways to gate LangChain that look right, each with a row that shows what is wrong. */
const planted: readonly (readonly [
  what: string,
  surface: Surface,
  rule: RegExp,
  complaint: RegExp,
  plant: Plant,
])[] = [
  [
    "refuses in a callback that is not raised",
    "generate",
    /a denied call reaches no provider/,
    /went through although it was refused/,
    (bench) => ({ callbacks: [new Naive(bench, {})] }),
  ],
  [
    "settles at the end alone",
    "generate",
    /does not bill for gives the money back/,
    /still held/,
    (bench) => ({ callbacks: [new Naive(bench, { raiseError: true })] }),
  ],
  [
    "settles what it reserved whatever was used",
    "generate",
    /what the provider says was used/,
    /32772000n/,
    (bench) => ({ callbacks: [new Naive(bench, { raiseError: true })] }),
  ],
  [
    "leaves a broken stream to nobody",
    "streamHalfRead",
    /nothing stays held/,
    /still held/,
    (bench) => ({ callbacks: [new Naive(bench, { raiseError: true })] }),
  ],
  [
    "does not write the output limit into the call",
    "generate",
    /goes out with the one that is reserved/,
    /4096/,
    (bench) => ({ callbacks: [new Naive(bench, { raiseError: true })] }),
  ],
  [
    "gates an agent's model and forgets its tools",
    "agent",
    /a denied tool does not run/,
    /1 !== 0/,
    (bench) => ({ middleware: [gatesModel(bench)] }),
  ],
];

describe.concurrent("the conformance suite fails an adapter that", () => {
  it.each(planted)("%s", async (_what, surface, rule, complaint, plant) => {
    const row = adapterRows.find((row) => row.surface === surface && rule.test(row.rule));
    const perform = async (bench: Bench) => {
      const { callbacks = [], middleware } = plant(bench);
      const configuration = { baseURL: bench.provider.url };
      const model = new ChatOpenAI({
        model: benchModels.chat,
        apiKey: "none",
        maxRetries: 0,
        configuration,
        callbacks,
      });
      if (middleware !== undefined) {
        const lookup = tool(({ query }) => bench.lookup(query), {
          name: "lookup",
          description: "Looks something up.",
          schema: z.object({ query: z.string() }),
        });
        const agent = createAgent({ model, tools: [lookup], middleware: [...middleware] });
        return agent.invoke({ messages: [{ role: "user", content: "hi" }] });
      }
      if (surface === "generate") return model.invoke("hi");
      for await (const _chunk of await model.stream("hi")) break;
    };
    const surfaces = { ...langchainDriver.surfaces, [surface]: { coverage: "enforces", perform } };
    await expect(runRow(row!, { ...langchainDriver, surfaces }, 3_000)).rejects.toThrow(complaint);
  });
});
