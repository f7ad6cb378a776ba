import { type ActionInput, type Gate, guard, type Permit, type Run, type Usage } from "@tollgate/core";
import { decideFor, denialPayload, guardOpen, guardStream, toRefusal } from "@tollgate/core/adapter";
import { type AdapterDriver, type Bench, benchModels, type Coverage } from "../src/adapter-driver.ts";

/** Something done wrong on purpose. */
export type Fault =
  | "stream is not gated"
  | "settles nothing"
  | "settles a stream only when it was read to its end"
  | "takes unknown usage for nothing"
  | "gives the money back after every error"
  | "drops cached tokens"
  | "knows an attempt by its prompt"
  | "lets calls through when the gate cannot decide"
  | "looks at the balance instead of reserving"
  | "gates a call once for all its retries"
  | "sends what was asked and not what was decided"
  | "hides the refusal"
  | "retries a refusal"
  | "tools are not gated"
  | "goes on after a stop"
  | "takes an approval twice";

interface Message {
  readonly role: string;
  readonly content?: string;
  readonly tool_calls?: readonly { readonly id: string; readonly function: { readonly arguments: string } }[];
}

class HttpError extends Error {
  readonly status: number;
  constructor(status: number) {
    super(`error ${status}`);
    this.status = status;
  }
}

const unbilled = (error: unknown): boolean => error instanceof HttpError;
const accepts = ["maxOutputTokens"] as const;
const user: readonly Message[] = [{ role: "user", content: "hi" }];

/** An adapter for nothing but `fetch`, to try the suite itself on; with a fault it must not pass. */
export function bareAdapter(fault?: Fault): AdapterDriver {
  /** The gate, as the fault would use it. */
  const guarded = async <T>(
    { run, gate, provider }: Bench,
    action: ActionInput,
    call: (permit?: Permit) => Promise<T>,
    read: (result: T) => Usage | undefined,
  ): Promise<T> => {
    if (fault === "looks at the balance instead of reserving") {
      const balance = (await gate.balances()).find(({ budget }) => budget === "calls");
      if (balance !== undefined && balance.spent >= (balance.limit ?? 0n)) {
        throw toRefusal(await decideFor(run, action));
      }
      const result = await call();
      await (await decideFor(run, action)).permit?.settle({ usage: read(result) });
      return result;
    }
    if (fault === "settles nothing") {
      const decision = await decideFor(run, action);
      if (decision.permit === null) throw toRefusal(decision);
      return call();
    }
    const keyed =
      fault === "knows an attempt by its prompt"
        ? { ...action, key: JSON.stringify(action.params).slice(0, 99) }
        : action;
    const seen = provider.count();
    try {
      return await guard<T>(run as Run | Gate, keyed, call, {
        accepts,
        unbilled: fault === "gives the money back after every error" ? () => true : unbilled,
        usage: (result) => {
          const usage = read(result);
          if (fault === "takes unknown usage for nothing" && usage === undefined)
            return { amounts: { usd: 0n } };
          if (fault === "drops cached tokens") return { usage: { ...usage, cacheReadTokens: 0 } };
          return { usage };
        },
      });
    } catch (error) {
      const refused = provider.count() === seen;
      if (refused && fault === "lets calls through when the gate cannot decide") return call();
      if (refused && fault === "hides the refusal") throw new Error("something went wrong");
      if (refused && fault === "retries a refusal") return guard(run, action, call, { accepts });
      throw error;
    }
  };

  const post = async (
    { provider }: Bench,
    body: object,
    permit?: Permit,
    signal?: AbortSignal,
  ): Promise<Response> => {
    const limit =
      fault === "sends what was asked and not what was decided" ? 4096 : permit?.action.maxOutputTokens;
    const response = await fetch(`${provider.url}/chat/completions`, {
      method: "POST",
      body: JSON.stringify({ model: benchModels.chat, max_tokens: limit, ...body }),
      ...(signal === undefined ? {} : { signal }),
    });
    if (!response.ok) throw new HttpError(response.status);
    return response;
  };

  const action = (messages: readonly Message[]): ActionInput => ({
    kind: "llm",
    name: benchModels.chat,
    params: { messages },
  });

  const generate = (
    bench: Bench,
    messages: readonly Message[] = user,
    signal?: AbortSignal,
  ): Promise<Answer> =>
    guarded(
      bench,
      action(messages),
      async (permit) => (await (await post(bench, { messages }, permit, signal)).json()) as Answer,
      (answer) => usageOf(answer.usage),
    );

  const open = async (bench: Bench, signal?: AbortSignal): Promise<ReadableStream<string>> => {
    const request = async (permit?: Permit) => {
      const body = { messages: user, stream: true, stream_options: { include_usage: true } };
      const response = await post(bench, body, permit, signal);
      return (response.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream());
    };
    if (fault === "stream is not gated") return request();
    return guardOpen(
      bench.run,
      action(user),
      async (permit) => {
        const source = await request(permit);
        if (fault === "settles a stream only when it was read to its end") {
          const watch = new TransformStream<string, string>({ flush: () => void permit.settle() });
          return source.pipeThrough(watch);
        }
        if (fault === "settles nothing") return source;
        return guardStream(permit, source, { usage: (part) => usageOf(findUsage(part)) });
      },
      { unbilled, accepts },
    );
  };

  const agent = async (bench: Bench): Promise<Answer> => {
    const messages: Message[] = [...user];
    for (;;) {
      // The prompt stays the same on purpose: nothing but the attempt itself tells the steps apart.
      const answer = await generate(bench, bench.provider.count() < 2 ? messages : messages.slice(0, 3));
      const [choice] = answer.choices;
      if (choice?.message.tool_calls === undefined) return answer;
      messages.push(choice.message);
      for (const call of choice.message.tool_calls) {
        messages.push({ role: "tool", content: await useTool(bench, call.function.arguments) });
      }
      if (bench.run.stopped !== null && fault === "goes on after a stop") return answer;
    }
  };

  const useTool = async (bench: Bench, input: string): Promise<string> => {
    const lookup = { kind: "tool", name: "lookup", params: JSON.parse(input) } as const;
    if (fault === "tools are not gated") return bench.lookup(input);
    const decision = await decideFor(bench.run, lookup);
    if (decision.outcome === "skip") return JSON.stringify(decision.result);
    if (decision.permit === null) return JSON.stringify(denialPayload(decision));
    const result = await bench.lookup(input);
    await decision.permit.settle();
    return result;
  };

  const covered = (perform: (bench: Bench) => Promise<unknown>): Coverage => ({
    coverage: "enforces",
    perform,
  });
  const missing: Coverage = { coverage: "not covered", why: "fetch alone", close: "use a framework" };
  return {
    name: fault ?? "a bare adapter",
    surfaces: {
      generate: covered((bench) => generate(bench)),
      stream: covered(async (bench) => {
        for await (const _part of await open(bench));
      }),
      streamHalfRead: covered(async (bench) => (await open(bench)).getReader().read()),
      streamUnread: covered((bench) => open(bench)),
      streamAborted: covered(async (bench) => {
        const abort = new AbortController();
        for await (const _part of await open(bench, abort.signal)) abort.abort();
      }),
      timeout: covered((bench) => generate(bench, user, AbortSignal.timeout(bench.timeoutMs))),
      retry: covered(async (bench) => {
        const attempt = () => generate(bench);
        const again = (error: unknown) => {
          if (error instanceof HttpError && error.status >= 500) return attempt();
          throw error;
        };
        if (fault !== "gates a call once for all its retries") return attempt().catch(again);
        const send = async (permit?: Permit) =>
          (await (await post(bench, { messages: user }, permit)).json()) as Answer;
        return guarded(
          bench,
          action(user),
          () => send().catch(() => send()),
          (answer) => usageOf(answer.usage),
        );
      }),
      agent: covered(agent),
      approval: covered(async (bench) => {
        const twice = fault === "takes an approval twice";
        await useTool(bench, "{}");
        await bench.grant();
        await useTool(bench, "{}");
        if (twice) await bench.lookup("");
        await useTool(bench, "{}");
      }),
      object: missing,
      streamedObject: missing,
      namedModel: missing,
      embed: missing,
      embedMany: missing,
      image: missing,
      speech: missing,
      transcription: missing,
      rerank: missing,
      video: missing,
      streamedAgent: missing,
      nestedAgent: missing,
      streamingTool: missing,
      providerTool: missing,
      batch: missing,
      realtime: missing,
    },
  };
}

interface Answer {
  readonly choices: readonly { readonly message: Message }[];
  readonly usage?: WireUsage;
}

interface WireUsage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly prompt_tokens_details?: { readonly cached_tokens: number };
}

function usageOf(usage: WireUsage | null | undefined): Usage | undefined {
  if (usage === undefined || usage === null) return undefined;
  return {
    inputTokens: usage.prompt_tokens,
    outputTokens: usage.completion_tokens,
    cacheReadTokens: usage.prompt_tokens_details?.cached_tokens ?? 0,
  };
}

function findUsage(events: string): WireUsage | undefined {
  const found = /"usage":(\{.*?\}\})/.exec(events)?.[1];
  return found === undefined ? undefined : (JSON.parse(found) as WireUsage);
}
