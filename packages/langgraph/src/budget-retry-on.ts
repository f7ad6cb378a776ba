import type { RetryPolicy } from "@langchain/langgraph";
import { findDenial, TollgateError } from "@tollgate/core";

/**
 * A retry policy's `retryOn` that never retries what the gate refused, however it is wrapped.
 *
 * Anything else is up to `retryOn`; by default it is as LangGraph's own default: everything but aborts,
 * LangGraph's value errors, exhausted quotas and the HTTP statuses 400 to 407 and 409.
 */
export function budgetRetryOn(
  retryOn: (error: unknown) => boolean = isRetriable,
): NonNullable<RetryPolicy["retryOn"]> {
  return (error: unknown) => !TollgateError.is(error) && findDenial(error) === null && retryOn(error);
}

function isRetriable(thrown: unknown): boolean {
  if (typeof thrown !== "object" || thrown === null) return true;
  const { name, message, code, status, response, error } = thrown as Readonly<Record<string, unknown>>;
  if (name === "AbortError" || name === "GraphValueError" || code === "ECONNABORTED") return false;
  if (typeof message === "string" && /^(Cancel|AbortError)/.test(message)) return false;
  if (memberOf(error, "code") === "insufficient_quota") return false;
  const answered = Number(memberOf(response, "status") ?? status);
  return !((answered >= 400 && answered <= 407) || answered === 409);
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}
