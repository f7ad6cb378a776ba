import { describe, expect, it } from "vitest";
import { isUnbilledError } from "./unbilled-error.ts";

const failed = (more: object, cause?: unknown) => Object.assign(new Error("failed", { cause }), more);

describe("a failed call", () => {
  it.each([
    ["an error status", failed({ status: 400 })],
    ["a rate limit", failed({ status: 429 })],
    ["an error status under another name", failed({ statusCode: 500 })],
    ["an error status of a fetch response", failed({ response: { status: 503 } })],
    ["an error status of AWS", failed({ $metadata: { httpStatusCode: 403 } })],
    ["a connection that was never made", failed({}, failed({}, failed({ code: "ECONNREFUSED" })))],
  ])("is free after %s", (_what, error) => {
    expect(isUnbilledError(error)).toBe(true);
  });

  it.each([
    ["a gateway timeout", failed({ status: 504 })],
    ["a request timeout", failed({ status: 408 })],
    ["a cut connection", failed({}, failed({ code: "ECONNRESET" }))],
    ["an abort", failed({ name: "AbortError" })],
    ["an answer that makes no sense", failed({ status: 200 })],
    ["what is no error", "failed"],
  ])("is not free after %s", (_what, error) => {
    expect(isUnbilledError(error)).toBe(false);
  });
});
