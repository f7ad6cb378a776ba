import { type StructuredToolInterface, tool } from "@langchain/core/tools";
import type { Script } from "@tollgate/conformance/mock-reply";
import type { AgentMiddleware } from "langchain";
import * as z from "zod";

/** What an agent of the tests is asked. */
export const asked: { messages: { role: string; content: string }[] } = {
  messages: [{ role: "user", content: "hi" }],
};

/** The model calls the tool once, and then answers. */
export const callsLookup: Script = ({ index }) =>
  index === 0 ? { toolCalls: [{ name: "lookup", arguments: { query: "a" } }] } : { text: "done" };

/** A tool that counts its runs by argument. */
export function counted(run: (query: string) => unknown = () => "sunny"): {
  readonly lookup: StructuredToolInterface;
  readonly ran: readonly string[];
} {
  const ran: string[] = [];
  const lookup = tool(
    async ({ query }) => {
      ran.push(query);
      return run(query);
    },
    { name: "lookup", description: "Looks up.", schema: z.object({ query: z.string() }) },
  );
  return { lookup, ran };
}

/** LangChain's own middleware, whose types (of zod 3) do not hold under exactOptionalPropertyTypes. */
export const theirs = (middleware: object): AgentMiddleware => middleware as AgentMiddleware;
