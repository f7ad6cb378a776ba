import type { Action } from "../../action/action.ts";
import { readObject, readRecord, readWhole } from "../../action/config-values.ts";
import { isPlainObject } from "../../codec/plain-object.ts";
import { InvalidConfig } from "../../errors.ts";
import { checkEvaluatorName, checkTimeoutMs } from "../check-evaluators.ts";
import type { EvaluationContext, Evaluator, Verdict } from "../evaluator.ts";
import { AnswerCache, type AnswerCacheOptions } from "./answer-cache.ts";
import { endpointAt, readEndpoint } from "./endpoint.ts";
import { type HeadersSource, postJson, type Transport } from "./post-json.ts";
import { type RemoteAnswer, toVerdict } from "./remote-answer.ts";

/** Options that all evaluators over a network have. */
export interface RemoteOptions {
  /** How long an answer may take, in milliseconds; then it is a failure, which denies. @default 50 */
  readonly timeoutMs?: number;
  /** Headers of every request, such as `authorization`; they are in no message. @default {} */
  readonly headers?: HeadersSource;
  /** Which actions' parameters leave the process: those of models hold prompts. @default "tools" */
  readonly params?: "tools" | "all" | "none";
  /** @default none: every action is asked about */
  readonly cache?: AnswerCacheOptions;
  /** @default 262144 (256 KiB) */
  readonly maxRequestBytes?: number;
  /** @default 65536 (64 KiB) */
  readonly maxResponseBytes?: number;
  /** Takes an address with http that is not on this machine. @default false */
  readonly allowHttp?: boolean;
  /** @default the global fetch */
  readonly fetch?: typeof globalThis.fetch;
}

/** The names of {@link RemoteOptions}. */
const remoteOptions: readonly string[] = [
  "timeoutMs",
  "headers",
  "params",
  "cache",
  "maxRequestBytes",
  "maxResponseBytes",
  "allowHttp",
  "fetch",
] satisfies readonly (keyof RemoteOptions)[];

/** What one sort of policy server asks and answers. */
export interface RemoteSort {
  readonly name: string;
  readonly url: string | URL;
  /** The options that this sort has besides. */
  readonly known: readonly string[];
  /** The path, from the server's own one on, and the query. */
  readonly path: string;
  /** What decides: digested as the key of the cache, so without ids and times. */
  question(action: Action, context: EvaluationContext): Readonly<Record<string, unknown>>;
  /** The body that is sent for a question. */
  body(question: Readonly<Record<string, unknown>>, context: EvaluationContext): unknown;
  /** Reads an answer. @throws Error when it is none: whatever is not understood denies. */
  read(answer: Readonly<Record<string, unknown>>): RemoteAnswer;
}

/** Makes an evaluator of a policy server. @throws InvalidConfig naming the option that makes no sense. */
export function remoteEvaluator(sort: RemoteSort, options: RemoteOptions): Evaluator {
  const { name, known, path } = sort;
  readObject(options, "options", [...known, ...remoteOptions]);
  checkEvaluatorName(name, "name");
  const { timeoutMs = 50, headers = {}, fetch = globalThis.fetch } = options;
  checkTimeoutMs(timeoutMs, "timeoutMs");
  if (typeof headers !== "function") readRecord(headers, "headers");
  if (typeof fetch !== "function") throw new InvalidConfig("fetch", "expected a function");
  const endpoint = readEndpoint(sort.url, "url", options.allowHttp ?? false);
  const transport: Transport = {
    endpoint: endpointAt(endpoint, path),
    // Called as it is: the global one is no method of an object.
    fetch: (input, init) => fetch(input, init),
    headers,
    maxRequestBytes: readWhole(options.maxRequestBytes ?? 262_144, "maxRequestBytes", 1),
    maxResponseBytes: readWhole(options.maxResponseBytes ?? 65_536, "maxResponseBytes", 1),
  };
  const cache = options.cache === undefined ? null : new AnswerCache(readCache(options.cache));

  return {
    name,
    timeoutMs,
    async evaluate(action: Action, context: EvaluationContext): Promise<Verdict> {
      const question = sort.question(action, context);
      const kept = cache?.look(question, context.now) ?? null;
      if (typeof kept === "object" && kept !== null) return toVerdict(kept, name);
      const said = await postJson(transport, sort.body(question, context), context.signal);
      if (!isPlainObject(said)) throw new Error("the policy server answered no object");
      const answer = sort.read(said);
      kept?.(answer, context.now);
      return toVerdict(answer, name);
    },
  };
}

function readCache(cache: AnswerCacheOptions): AnswerCacheOptions {
  const { maxEntries, ttlMs, policyVersion, unmarked } = cache;
  readObject(cache, "cache", ["maxEntries", "ttlMs", "policyVersion", "unmarked"]);
  if (maxEntries !== undefined) readWhole(maxEntries, "cache.maxEntries", 1);
  if (ttlMs !== undefined) readWhole(ttlMs, "cache.ttlMs", 1);
  if (policyVersion !== undefined && typeof policyVersion !== "function") {
    throw new InvalidConfig("cache.policyVersion", "expected a function");
  }
  if (unmarked !== undefined && unmarked !== "ask" && unmarked !== "keep") {
    throw new InvalidConfig("cache.unmarked", 'expected "ask" or "keep"');
  }
  return cache;
}
