import { describe, expect, it } from "vitest";
import { allOf, chainOf, decided } from "../../test/export-receipts.ts";
import {
  adjustmentContent,
  sampleChain,
  settlementContent,
  testDigest,
  testId,
} from "../../test/sample-receipts.ts";
import { decisionCodes, isFailure } from "../gate/decision.ts";
import type { ReceiptContent } from "../receipt/chain.ts";
import type { Receipt } from "../receipt/receipt.ts";
import { type OtlpLogRecord, toOtlpLogs } from "./otlp-logs.ts";
import type { OtlpValue } from "./otlp-value.ts";

async function recordsOf(receipts: readonly Receipt[]): Promise<readonly OtlpLogRecord[]> {
  const batches = await allOf(toOtlpLogs(receipts));
  return batches.flatMap(({ resourceLogs }) =>
    resourceLogs.flatMap(({ scopeLogs }) => scopeLogs.flatMap(({ logRecords }) => logRecords)),
  );
}

function attributesOf(record: OtlpLogRecord | undefined): Readonly<Record<string, OtlpValue>> {
  const attributes = record?.attributes ?? [];
  const byName = Object.fromEntries(attributes.map(({ key, value }) => [key, value]));
  expect(Object.keys(byName).length, "attribute keys are unique").toBe(attributes.length);
  return byName;
}

describe("OTLP log records", () => {
  it("are one for each receipt, in batches with their resource and scope", async () => {
    const receipts = sampleChain().map(({ receipt }) => receipt);
    const batches = await allOf(toOtlpLogs(receipts, { batch: 4, resource: { "service.name": "billing" } }));
    expect(batches.map(({ resourceLogs: [logs] }) => logs?.scopeLogs[0]?.logRecords.length)).toEqual([4, 2]);
    for (const { resourceLogs } of batches) {
      expect(resourceLogs[0]?.resource).toEqual({
        attributes: [{ key: "service.name", value: { stringValue: "billing" } }],
      });
      expect(resourceLogs[0]?.scopeLogs[0]?.scope).toEqual({ name: "@tollgate/core" });
    }
    expect(await allOf(toOtlpLogs([]))).toEqual([]);
  });

  it("have times in nanoseconds as text, a name by the type, and a sentence", async () => {
    const [, decision] = await recordsOf(chainOf(decided({ outcome: "deny", reason: "no" })));
    expect(decision).toMatchObject({
      timeUnixNano: "1763640001000000000",
      observedTimeUnixNano: "1763640001000000000",
      eventName: "tollgate.decision",
      body: { stringValue: "llm gpt-4o: deny: no" },
    });
  });

  it("say of an adjustment what was put in or given back, by whom and why", async () => {
    const [, topUp, correction] = await recordsOf(
      chainOf(
        adjustmentContent(-2_500_000_000n, { kind: "top_up" }),
        adjustmentContent(-3n, { unit: "calls" }),
      ),
    );
    expect(topUp?.body.stringValue).toBe("top-up of $2.50 on daily (user=alice) by dave: an outage");
    expect(correction?.body.stringValue).toBe(
      "correction of -3 calls on daily (user=alice) by dave: an outage",
    );
    expect(attributesOf(topUp)).toMatchObject({
      "tollgate.adjustment.kind": { stringValue: "top_up" },
      "tollgate.adjustment.amount": { intValue: "-2500000000" },
      "tollgate.adjustment.by": { stringValue: "dave" },
    });
  });

  it("use OpenTelemetry's names where it has some, and integers as text", async () => {
    const records = await recordsOf(sampleChain().map(({ receipt }) => receipt));
    expect(attributesOf(records.find(({ eventName }) => eventName === "tollgate.settlement"))).toMatchObject({
      "gen_ai.operation.name": { stringValue: "chat" },
      "gen_ai.request.model": { stringValue: "gpt-4o" },
      "gen_ai.usage.input_tokens": { intValue: "10" },
      "gen_ai.usage.output_tokens": { intValue: "20" },
      "user.id": { stringValue: "alice" },
      "tollgate.run": { stringValue: "run-1" },
      "tollgate.amount.usd": { intValue: "1200" },
      "tollgate.receipt.seq": { intValue: "3" },
    });
    const [, , , tool] = await recordsOf(
      chainOf(decided({}), decided({}), decided({}, { kind: "tool", name: "pay" })),
    );
    expect(attributesOf(tool)).toMatchObject({
      "gen_ai.operation.name": { stringValue: "execute_tool" },
      "gen_ai.tool.name": { stringValue: "pay" },
      "tollgate.decision.terminal": { boolValue: false },
      "tollgate.decision.evaluators": { arrayValue: { values: [{ stringValue: "capability" }] } },
      "tollgate.claims": { arrayValue: { values: [] } },
    });
    expect(attributesOf(tool)).not.toHaveProperty("gen_ai.request.model");
  });

  it("say of a claim where it is held", async () => {
    const records = await recordsOf(sampleChain().map(({ receipt }) => receipt));
    const claims = attributesOf(records[1])["tollgate.claims"] as {
      arrayValue: { values: readonly { kvlistValue: { values: readonly unknown[] } }[] };
    };
    expect(claims.arrayValue.values[0]?.kvlistValue.values).toContainEqual({
      key: "amount",
      value: { intValue: "1000" },
    });
  });

  it.each(decisionCodes.map((code) => [code, isFailure(code) ? "ERROR" : "WARN"]))(
    "are of the right severity for a deny with the code %s: %s",
    async (code, severity) => {
      const [, record] = await recordsOf(chainOf(decided({ outcome: "deny", code })));
      expect(record?.severityText).toBe(severity);
    },
  );

  const approval = { type: "approval", approval: "a", action: testDigest("a"), run: "r" } as const;
  it.each<[string, ReceiptContent, string]>([
    ["an allow", decided({}), "INFO"],
    ["an allow that failed open", decided({ failure: "ledger" }), "ERROR"],
    ["a degrade", decided({ outcome: "degrade" }), "WARN"],
    ["an expiry", settlementContent(testId(9), { outcome: "expired" }), "WARN"],
    ["a settlement", settlementContent(testId(9)), "INFO"],
    ["a late settlement", settlementContent(testId(9), { late: true }), "WARN"],
    ["an overage", settlementContent(testId(9), { overage: [{ ...overage }] }), "WARN"],
    ["a grant", { ...approval, status: "granted" }, "INFO"],
    ["a denied approval", { ...approval, status: "denied" }, "WARN"],
    ["a stop", { type: "stop", run: "r", reason: "" }, "WARN"],
    ["an adjustment", adjustmentContent(-1n), "WARN"],
    ["a close", { type: "close" }, "INFO"],
  ])("are of the right severity for %s", async (_what, content, severity) => {
    const [, record] = await recordsOf(chainOf(content));
    expect(record?.severityText).toBe(severity);
    expect(record?.severityNumber).toBe({ INFO: 9, WARN: 13, ERROR: 17 }[severity]);
  });
});

describe("OTLP log records of stops", () => {
  it.each<[string, ReceiptContent]>([
    ["run r stopped: loops", { type: "stop", run: "r", reason: "loops" }],
    ["agent bot stopped", { type: "stop", agent: "bot", reason: "" }],
    [
      "agent bot of tenant acme stopped by carol: rogue",
      { type: "stop", agent: "bot", tenant: "acme", by: "carol", reason: "rogue" },
    ],
    [
      "agent bot of tenant acme's stop lifted by dave: its own again",
      { type: "stop", agent: "bot", tenant: "acme", lifted: true, by: "dave", reason: "its own again" },
    ],
  ])("say: %s", async (sentence, content) => {
    const [, record] = await recordsOf(chainOf(content));
    expect(record?.body).toEqual({ stringValue: sentence });
    const { agent, tenant, lifted, by } = content as Extract<ReceiptContent, { type: "stop" }>;
    const attributes = attributesOf(record);
    const text = (value: string | undefined) => (value === undefined ? undefined : { stringValue: value });
    expect(attributes["tollgate.stop.agent"]).toEqual(text(agent));
    expect(attributes["tollgate.stop.tenant"]).toEqual(text(tenant));
    expect(attributes["tollgate.stop.lifted"]).toEqual(lifted && { boolValue: true });
    expect(attributes["tollgate.stop.by"]).toEqual(text(by));
  });
});

const overage = { budget: "b", partition: "", window: "total", unit: "usd", amount: "1" };
