import { type Model, type ModelRequest, type ModelResponse, type StreamEvent, Usage } from "@openai/agents";

/** What a fake model answers. */
export type FakeOutput = ModelResponse["output"];

/** A model that makes no request, and keeps those that it was asked to make. */
export interface FakeModel extends Model {
  readonly requests: readonly ModelRequest[];
}

/** Makes a model that answers each request by its index; text stands for a message. */
export function fakeModel(answer: (index: number) => FakeOutput | string): FakeModel {
  const requests: ModelRequest[] = [];
  const next = (request: ModelRequest): FakeOutput => {
    const output = answer(requests.push(request) - 1);
    return typeof output === "string" ? message(output) : output;
  };
  const counts = { inputTokens: 100, outputTokens: 20, totalTokens: 120 };
  return {
    requests,
    async getResponse(request) {
      return { usage: new Usage({ requests: 1, ...counts }), output: next(request) };
    },
    async *getStreamedResponse(request): AsyncGenerator<StreamEvent> {
      yield { type: "response_started" };
      yield {
        type: "response_done",
        response: { id: `response ${requests.length}`, usage: counts, output: next(request) as never },
      };
    },
  };
}

/** A call of a function tool, as a model answers it. */
export function functionCall(name: string, args: string | object, more: object = {}): FakeOutput {
  const text = typeof args === "string" ? args : JSON.stringify(args);
  return [
    { type: "function_call", callId: "call_1", name, arguments: text, status: "completed" as const, ...more },
  ];
}

function message(text: string): FakeOutput {
  const content = [{ type: "output_text" as const, text }];
  return [{ type: "message", role: "assistant", status: "completed", content }];
}
