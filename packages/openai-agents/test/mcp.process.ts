// A local MCP server over standard input and output, with one tool that sends mails and tells how many it has sent.
import { createInterface } from "node:readline";

let sent = 0;
const inputSchema = {
  type: "object",
  properties: { to: { type: "string" } },
  required: ["to"],
  additionalProperties: false,
};

function answer(method: string, params: { arguments?: { to?: string }; protocolVersion?: string }): object {
  switch (method) {
    case "initialize":
      return {
        protocolVersion: params.protocolVersion,
        capabilities: { tools: {} },
        serverInfo: { name: "mails", version: "1" },
      };
    case "tools/list":
      return { tools: [{ name: "send", description: "Sends a mail.", inputSchema }] };
    case "tools/call":
      sent += 1;
      return { content: [{ type: "text", text: `mail ${sent} to ${params.arguments?.to}` }] };
    default:
      return {};
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const { id, method, params } = JSON.parse(line);
  // A notification wants no answer.
  if (id === undefined) continue;
  process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", id, result: answer(method, params ?? {}) })}\n`);
}
