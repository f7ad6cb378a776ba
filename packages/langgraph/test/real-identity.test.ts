import { HumanMessage } from "@langchain/core/messages";
import { MemorySaver } from "@langchain/langgraph";
import type { IdentityBench, IdentityDriver } from "@tollgate/conformance/identity-driver";
import { identityConformance } from "@tollgate/conformance/identity-suite";
import type { RunInput } from "@tollgate/core";
import { type CallerInput, caller } from "../src/index.ts";
import { type Chat, chatOf, withInnerTool, withSubgraph } from "./identity-graphs.ts";

type Talk = (bench: IdentityBench, graph: Chat) => (who: RunInput) => (prompt: string) => Promise<unknown>;

const said = (prompt: string) => ({ messages: [new HumanMessage(prompt)] });

/** Who shows something says so by `caller`; who shows nothing cannot. */
const shown = (who: RunInput) => (who.credential === undefined ? who : caller(who as CallerInput));

let threads = 0;

/** How callers of one graph show who they are. */
const ways: Readonly<Record<string, Talk>> = {
  "in configurable": (_bench, graph) => (who) => {
    const configurable = { thread_id: `thread-${++threads}`, tollgate: shown(who) };
    return (prompt) => graph.invoke(said(prompt), { configurable });
  },
  "in configurable, of a stream": (_bench, graph) => (who) => {
    const configurable = { thread_id: `thread-${++threads}`, tollgate: shown(who) };
    return async (prompt) => {
      for await (const _part of await graph.stream(said(prompt), { configurable, streamMode: "messages" }));
    };
  },
  "in the runtime's context": (_bench, graph) => (who) => {
    const config = { configurable: { thread_id: `thread-${++threads}` }, context: { tollgate: shown(who) } };
    return (prompt) => graph.invoke(said(prompt), config);
  },
  "by a run":
    ({ gate }, graph) =>
    (who) => {
      const run = gate.run(who);
      const config = { configurable: { thread_id: run.id } };
      return (prompt) => gate.withRun(run, () => graph.invoke(said(prompt), config));
    },
};

const nestedBy = (talk: Talk): IdentityDriver["nested"] => [
  {
    what: "a subgraph",
    delegate: () => null,
    open: (bench) => talk(bench, withSubgraph(bench)),
  },
  {
    what: "a graph inside of a tool",
    delegate: (prompt) => ({ name: "inner", arguments: { prompt } }),
    open: (bench) => talk(bench, withInnerTool(bench)),
  },
  {
    what: "a graph inside of a tool, on a thread of its own",
    delegate: (prompt) => ({ name: "inner", arguments: { prompt } }),
    open: (bench) => talk(bench, withInnerTool(bench, { configurable: { thread_id: "inner" } })),
  },
];

for (const [way, talk] of Object.entries(ways)) {
  identityConformance({
    name: `@tollgate/langgraph, told ${way},`,
    open: (bench) => talk(bench, chatOf(bench, { checkpointer: new MemorySaver() })),
    nested: nestedBy(talk),
  });
}
