import { InMemoryCache } from "@langchain/core/caches";
import type { BaseChatModel } from "@langchain/core/language_models/chat_models";
import { ChatPromptTemplate } from "@langchain/core/prompts";
import { tool } from "@langchain/core/tools";
import { type AgentMiddleware, createAgent, summarizationMiddleware } from "langchain";
import * as z from "zod";

/** A way to use a model, and what a callback in the model's constructor can do about it; gateModel enforces all. */
export interface Way {
  readonly title: string;
  readonly callback: "enforces" | "not covered";
  /** How many requests it makes when nothing stops it. */
  readonly requests: number;
  perform(model: BaseChatModel): Promise<unknown>;
}

const asked = { messages: [{ role: "user", content: "hi" }] };
const lookup = tool(async () => "sunny", {
  name: "lookup",
  description: "Looks up.",
  schema: z.object({ query: z.string() }),
});

/** Never awaits the stream itself, for some of LangChain's are also promises. */
async function drain(parts: AsyncIterable<unknown>): Promise<void> {
  for await (const _part of parts);
}

const agentOf = (model: BaseChatModel, middleware: readonly AgentMiddleware[] = []) =>
  createAgent({ model, tools: [lookup], middleware: [...middleware] });

/** LangChain's own types (of zod 3) do not hold under exactOptionalPropertyTypes. */
const summaryBy = (model: BaseChatModel) =>
  summarizationMiddleware({
    model,
    trigger: { messages: 2 },
    keep: { messages: 1 },
    tokenCounter: () => 10,
  } as never) as AgentMiddleware;

/** The version is not among those that the types name; it is what the call without any version runs. */
const v3 = { version: "v3" } as never;

const way = (
  title: string,
  perform: Way["perform"],
  more: Partial<Pick<Way, "callback" | "requests">> = {},
): Way => ({ title, perform, callback: "enforces", requests: 1, ...more });

/** Every way that LangChain has to call a chat model. */
export const ways: readonly Way[] = [
  way("`invoke`", (model) => model.invoke("hi")),
  way("`stream`", async (model) => drain(await model.stream("hi"))),
  way("`batch`", (model) => model.batch(["hi", "ho"]), { requests: 2 }),
  way("`generate`", (model) => model.generate([[["user", "hi"]], [["user", "ho"]]]), { requests: 2 }),
  way("`streamEvents` v1", (model) => drain(model.streamEvents("hi", { version: "v1" }))),
  way("`streamEvents` v2", (model) => drain(model.streamEvents("hi", { version: "v2" }))),
  way("`streamEvents` v3", (model) => drain(model.streamEvents("hi", v3)), { callback: "not covered" }),
  way("`streamEvents` without a version", (model) => drain(model.streamEvents("hi")), {
    callback: "not covered",
  }),
  way("`bindTools`", (model) => model.bindTools!([lookup]).invoke("hi")),
  way("`withConfig`", (model) => model.withConfig({ tags: ["x"] }).invoke("hi")),
  way("`withStructuredOutput`", (model) =>
    model.withStructuredOutput(z.object({ city: z.string() })).invoke("hi"),
  ),
  way("`withRetry`", (model) => model.withRetry({ stopAfterAttempt: 1 }).invoke("hi")),
  way("`withFallbacks`, all of them gated", (model) => model.withFallbacks([model]).invoke("hi")),
  way("a cache", async (model) => {
    model.cache = new InMemoryCache();
    await model.invoke("hi");
    await model.invoke("hi");
  }),
  way("a chain", (model) => ChatPromptTemplate.fromTemplate("{a}").pipe(model).invoke({ a: "hi" })),
  way("an agent", (model) => agentOf(model).invoke(asked)),
  way("an agent's `stream`", async (model) =>
    drain(await agentOf(model).stream(asked, { streamMode: "messages" })),
  ),
  way("an agent's `streamEvents` v2", (model) =>
    drain(agentOf(model).streamEvents(asked, { version: "v2" })),
  ),
  way("an agent's `streamEvents` v3", async (model) => {
    const stream = await agentOf(model).streamEvents(asked, v3);
    await drain(stream as AsyncIterable<unknown>);
  }),
  way(
    "the model of a `summarizationMiddleware`",
    (model) =>
      agentOf(model, [summaryBy(model)]).invoke({
        messages: ["a", "b", "c"].map((content) => ({ role: "user", content })),
      }),
    { requests: 2 },
  ),
];
