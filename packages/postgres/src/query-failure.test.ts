import { StorageFailed } from "@tollgate/core";
import { describe, expect, it } from "vitest";
import { connectFailure, queryFailure } from "./query-failure.ts";

const failing = (code?: string, message = "what the server said"): Error =>
  Object.assign(new Error(message), code === undefined ? {} : { code });

describe("a statement that failed", () => {
  it.each([
    ["again", "40001"],
    ["again", "40P01"],
    ["unanswered", "57P01"],
    ["unanswered", "08006"],
    ["unanswered", "ECONNRESET"],
    ["unanswered", "EPIPE"],
    ["unanswered", undefined],
    ["refused", "55P03"],
    ["refused", "57014"],
    ["refused", "22003"],
    ["refused", "53100"],
    ["refused", "TG001"],
    ["refused", "XX000"],
  ])("is %s with the code %s", (kind, code) => {
    const failure = queryFailure(failing(code));
    expect(failure.kind).toBe(kind);
    expect(failure).toBeInstanceOf(StorageFailed);
    expect(failure.message).toContain("what the server said");
  });

  it.each([
    ["42883", /migrate\(pool\)/],
    ["3F000", /migrate\(pool\)/],
    ["42501", /grants in the README/],
    ["25006", /primary/],
    ["22003", /nothing was changed/],
  ])("with the code %s says what to do", (code, advice) => {
    expect(queryFailure(failing(code)).message).toMatch(advice);
  });
});

describe("a connection that was not to be had", () => {
  it.each([
    ["refused", "28P01"],
    ["refused", "3D000"],
    ["unreached", "53300"],
    ["unreached", "57P03"],
    ["unreached", "ECONNREFUSED"],
    ["unreached", undefined],
  ])("is %s with the code %s", (kind, code) => {
    expect(connectFailure(failing(code)).kind).toBe(kind);
  });

  it("is told with all addresses that were tried", () => {
    const tried = new AggregateError([failing("ECONNREFUSED", "::1"), failing("ECONNREFUSED", "127.0.0.1")]);
    expect(connectFailure(tried).message).toBe("cannot connect to PostgreSQL: ::1; 127.0.0.1");
  });
});
