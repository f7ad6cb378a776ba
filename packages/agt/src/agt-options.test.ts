import { PolicyEngine } from "@microsoft/agent-governance-sdk";
import { InvalidConfig } from "@tollgate/core";
import { describe, expect, it } from "vitest";
import { engineOf } from "../test/engine.ts";
import { type AgtEvaluatorOptions, agtEvaluator } from "./index.ts";

describe("the options of an evaluator over AGT", () => {
  it.each<[Record<string, unknown>, string]>([
    // Misspelt, it would leave killed agents alone.
    [{ killswitch: {} }, "options.killswitch"],
    [{ killSwitch: {} }, "killSwitch"],
    [{ identities: [] }, "identities"],
    [{ lifecycle: {} }, "lifecycle"],
    [{ audit: {} }, "audit"],
    // AGT would never be asked.
    [{ kinds: ["tools"] }, "kinds[0]"],
    [{ kinds: "tool" }, "kinds"],
    [{ kinds: [] }, "kinds"],
    [{ fields: ["a.b"] }, "fields[0]"],
    [{ context: {} }, "context"],
    [{ agentId: "bot" }, "agentId"],
  ])("refuse %j", (odd, field) => {
    expect(() => agtEvaluator(engineOf(), odd as AgtEvaluatorOptions)).toThrow(
      expect.objectContaining({ constructor: InvalidConfig, field }),
    );
  });

  it.each([[{}], [null], [PolicyEngine]])("refuse %s for an engine", (odd) => {
    expect(() => agtEvaluator(odd as unknown as PolicyEngine)).toThrow(
      expect.objectContaining({ constructor: InvalidConfig, field: "policyEngine" }),
    );
  });
});
