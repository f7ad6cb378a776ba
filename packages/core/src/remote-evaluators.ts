/** Evaluators that ask a policy server: they need a network, and nothing but `fetch`. */
export type { AnswerCacheOptions } from "./evaluate/remote/answer-cache.ts";
export { type HttpEvaluatorOptions, httpEvaluator } from "./evaluate/remote/http-evaluator.ts";
export { type OpaEvaluatorOptions, opaEvaluator } from "./evaluate/remote/opa-evaluator.ts";
export type { HeadersSource } from "./evaluate/remote/post-json.ts";
export type { RemoteAnswer } from "./evaluate/remote/remote-answer.ts";
export type { RemoteOptions } from "./evaluate/remote/remote-evaluator.ts";
