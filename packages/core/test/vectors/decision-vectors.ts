import type { JsonObject, JsonValue } from "../../src/codec/json.ts";
import { attemptScenarios } from "./attempt-scenarios.ts";
import { chainLines } from "./chain-lines.ts";
import { limitScenarios } from "./limit-scenarios.ts";
import { partitionScenarios } from "./partition-scenarios.ts";
import { playScenario } from "./play-scenario.ts";
import { priceScenarios } from "./price-scenarios.ts";
import { ruleScenarios } from "./rule-scenarios.ts";
import { morning, vectorId } from "./sample-bodies.ts";
import type { Scenario } from "./scenario.ts";
import { describeSigner, vectorSigner } from "./signed-line.ts";
import { invalid, type VectorFileContent, type VectorTest, valid } from "./vector-file.ts";
import { windowScenarios } from "./window-scenarios.ts";

const signer = vectorSigner(7);

const scenarios: readonly Scenario[] = [
  ...limitScenarios,
  ...partitionScenarios,
  ...windowScenarios,
  ...priceScenarios,
  ...ruleScenarios,
  ...attemptScenarios,
];

/** What gates decide: policy, budgets and a sequence of actions, to decisions, balances and receipts. */
export async function decisionVectors(): Promise<VectorFileContent> {
  const tests: VectorTest[] = [];
  for (const scenario of scenarios) tests.push(await testOf(scenario));
  return {
    algorithm: "Decisions",
    header: [
      "Play the steps on a gate that is made as 'gate' says; its clock starts at 'start' and moves by 'wait' alone.",
      "Each step's 'expected' is what it comes to; 'balances' is where all budgets stand at the end.",
      "A test is valid when the last action that is decided goes through; else 'reason' is the code of its decision.",
      "'receipts' is what the gate wrote, with ids counted up: an authentic chain that replays to the same balances.",
    ],
    notes: {
      Approval: "A person is asked; the answer is good for one action of one run, once.",
      Budget: "A hard limit: what is spent and held never exceeds it when something is held.",
      Capability: "An action may need a tier of capability.",
      Degrade: "The action is rewritten, and must be sent as rewritten.",
      Key: "An attempt that is known by its key is decided once.",
      Lists: "Lists of names; the most restrictive verdict wins, and a deny ends the asking.",
      Price: "Amounts come from prices and bounds, in nano-dollars, rounded up.",
      Run: "A run shares its budgets with its children, and its latch.",
      Settle: "What is booked in the end: real amounts, overage too, or what was held where nobody knows.",
      Shadow: "Shadow mode decides and records, and lets everything through.",
      Window: "A limit holds for a window of time, a run, or for ever.",
    },
    groups: [{ type: "Decisions", ...describeSigner(signer), tests }],
  };
}

async function testOf(scenario: Scenario): Promise<VectorTest> {
  const { comment, flags, gate, start = new Date(morning).toISOString(), runs, steps, last } = scenario;
  const played = await playScenario(scenario);
  if (played.last !== last) throw new Error(`"${comment}" came to ${played.last}, not ${last}`);
  const members = {
    start,
    gate: gate as unknown as JsonObject,
    runs: runs as unknown as JsonObject,
    steps: steps.map((step, index) =>
      withExpected(step as unknown as JsonObject, played.expected[index] ?? null),
    ),
    balances: played.balances,
    receipts: chainLines(renumbered(played.bodies), signer),
  };
  return last === "valid" ? valid(comment, flags, members) : invalid(comment, flags, last, members);
}

function withExpected(step: JsonObject, expected: JsonValue): JsonObject {
  return expected === null ? step : { ...step, expected };
}

/** A gate's ids are random: the n-th that occurs becomes the n-th of the vectors' ids. */
function renumbered(bodies: readonly JsonObject[]): readonly JsonObject[] {
  const ids = new Map<string, string>();
  const text = JSON.stringify(bodies).replace(
    /[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/g,
    (id) => {
      const known = ids.get(id) ?? vectorId(ids.size);
      ids.set(id, known);
      return known;
    },
  );
  return JSON.parse(text);
}
