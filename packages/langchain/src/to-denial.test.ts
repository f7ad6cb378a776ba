import * as errors from "@langchain/core/errors";
import { ActionDenied, InvalidAction } from "@tollgate/core";
import { describe, expect, it } from "vitest";
import { asFinal, stopOnRefusal } from "./to-denial.ts";

const denied = new ActionDenied({
  reasonCode: "policy_denied",
  reason: "no",
  terminal: false,
  receiptId: null,
  action: { kind: "llm", name: "m" },
});

/** Versions of @langchain/core before the mark do not read it, and lose nothing by it. */
const { getRetryable } = errors;
const knowsTheMark = getRetryable !== undefined;

describe("a refusal", () => {
  it.skipIf(!knowsTheMark)(
    "is known to LangChain as one that must not be retried, and stays the same error",
    () => {
      expect(getRetryable(denied)).toBeUndefined();
      expect(asFinal(denied)).toBe(denied);
      expect(getRetryable(denied)).toBe(false);
      expect(getRetryable(asFinal(new InvalidAction("no")))).toBe(false);
    },
  );

  it.skipIf(!knowsTheMark)("is the only error that is marked so", () => {
    expect(getRetryable(asFinal(new Error("busy")))).toBeUndefined();
    expect(asFinal("text")).toBe("text");
  });

  it("ends retrying wherever it is in an error", () => {
    const wrapped = new Error("failed", { cause: denied });
    expect(() => stopOnRefusal(wrapped)).toThrow(wrapped);
    expect(() => stopOnRefusal(new Error("busy"))).not.toThrow();
  });
});
