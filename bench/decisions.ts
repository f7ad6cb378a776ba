import { generateKeyPairSync, sign } from "node:crypto";
import { gateModel } from "@tollgate/ai-sdk";
import type { ActionInput, Permit, Used } from "@tollgate/core";
import { generateText } from "ai";
import { MockLanguageModelV4 } from "ai/test";
import { langchainRows } from "./langchain.ts";
import { langgraphRows } from "./langgraph.ts";
import { mastraRows } from "./mastra.ts";
import {
  type MeasuredGate,
  measuredGate,
  modelCall,
  modelUsage,
  permitOf,
  toolCall,
} from "./measured-gate.ts";
import { openaiAgentsRows } from "./openai-agents.ts";
import { policyRows } from "./policies.ts";
import { measure, prepared, type Row, type SampledRow } from "./sampler.ts";
import type { Result } from "./samples.ts";

/**
 * Measures decisions and settlements in memory beside the one thing that they cannot do without, a bare
 * signature over as many bytes as a decision's receipt has; and calls of the frameworks with and without the gate.
 *
 * All of it in the same rounds, since every target is a multiple of the signature.
 */
export async function measureDecisions(): Promise<readonly Result[]> {
  const subject = measuredGate();
  const rows = [
    await signRow(subject),
    decideRow("decide", subject, toolCall, {}),
    decideRow("decide_llm", subject, modelCall, modelUsage),
    settleRow("settle", subject, toolCall, {}),
    settleRow("settle_llm", subject, modelCall, modelUsage),
    ...policyRows(),
    ...aiSdkRows(subject),
    ...langchainRows(subject),
    ...langgraphRows(subject),
    ...openaiAgentsRows(subject),
    ...mastraRows(subject, mockModel),
  ];
  return measure(rows, { rounds: 150, calls: 100, warmUp: 30 });
}

async function signRow({ decide }: MeasuredGate): Promise<Row> {
  const permit = await decide(toolCall);
  const message = Buffer.from(JSON.stringify(permit.decision.receipt?.body));
  await permit.settle();
  const { privateKey } = generateKeyPairSync("ed25519");
  return { name: "sign", call: () => sign(null, message, privateKey) };
}

function decideRow(name: string, { gate, run }: MeasuredGate, action: ActionInput, used: Used): SampledRow {
  return prepared({
    name,
    call: () => gate.decide(action, { run }),
    after: (decision) => permitOf(decision).settle(used),
  });
}

function settleRow(name: string, { decide }: MeasuredGate, action: ActionInput, used: Used): SampledRow {
  return prepared({
    name,
    before: () => decide(action),
    call: (permit: Permit) => permit.settle(used),
  });
}

/** A mock model answers at once, so that what the gate adds to a call is all that differs. */
function aiSdkRows({ run }: MeasuredGate): readonly SampledRow[] {
  const [bare, behindGate] = [mockModel(), mockModel()];
  const gated = gateModel(behindGate, run);
  const prompt = "Was invoice INV-2026-00417 charged twice? Refund it if so.";
  const row = (name: string, mock: MockLanguageModelV4, model: typeof gated): SampledRow =>
    prepared({
      name,
      call: () => generateText({ model, prompt }),
      after: () => {
        // The mock remembers every call that it got.
        mock.doGenerateCalls.length = 0;
      },
    });
  return [row("ai_sdk_generate_text_bare", bare, bare), row("ai_sdk_generate_text_gated", behindGate, gated)];
}

function mockModel(): MockLanguageModelV4 {
  return new MockLanguageModelV4({
    provider: "openai",
    modelId: "gpt-4o",
    doGenerate: async () => ({
      content: [{ type: "text", text: "It was charged once." }],
      finishReason: { unified: "stop", raw: "stop" },
      usage: {
        inputTokens: { total: 143, noCache: 79, cacheRead: 64, cacheWrite: 0 },
        outputTokens: { total: 12, text: 12, reasoning: 0 },
      },
      warnings: [],
    }),
  });
}
