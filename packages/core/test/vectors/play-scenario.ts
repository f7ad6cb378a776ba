import type { ActionInput } from "../../src/action/action.ts";
import type { Balance } from "../../src/action/balance.ts";
import { type Usage, usageNames } from "../../src/action/usage.ts";
import { given } from "../../src/codec/given.ts";
import type { JsonObject, JsonValue } from "../../src/codec/json.ts";
import { createGate } from "../../src/gate/create-gate.ts";
import type { Decision } from "../../src/gate/decision.ts";
import type { Gate } from "../../src/gate/gate.ts";
import type { Settlement } from "../../src/gate/permit.ts";
import type { Run } from "../../src/gate/run.ts";
import { staticPrices } from "../../src/pricing/static-prices.ts";
import type { DecisionBody, ReceiptBody, SettlementBody } from "../../src/receipt/receipt.ts";
import { type ManualClock, manualClock } from "../../src/testing/manual-clock.ts";
import { morning } from "./sample-bodies.ts";
import type { Played, Scenario, ScenarioStep } from "./scenario.ts";
import { evaluatorOf } from "./scenario-rules.ts";
import { vectorSigner } from "./signed-line.ts";

/** Where a scenario stands. */
interface Stage {
  readonly gate: Gate;
  readonly clock: ManualClock;
  readonly runs: ReadonlyMap<string, Run>;
  /** By the index of the step that decided. */
  readonly decisions: Map<number, Decision>;
}

/** Plays a scenario on a real gate, whose clock stands still but for `wait`. */
export async function playScenario(scenario: Scenario): Promise<Played> {
  const clock = manualClock(scenario.start === undefined ? morning : Date.parse(scenario.start));
  const { rules = [], prices = {}, ...options } = scenario.gate;
  const gate = createGate({
    ...options,
    clock,
    signer: vectorSigner(7),
    chain: "corpus",
    prices: staticPrices(prices),
    evaluators: rules.map(evaluatorOf),
  });
  const runs = new Map<string, Run>();
  for (const [id, { subject, parent }] of Object.entries(scenario.runs)) {
    const input = { ...subject, id };
    runs.set(id, parent === undefined ? gate.run(input) : of(runs, parent).child(input));
  }
  const stage = { gate, clock, runs, decisions: new Map<number, Decision>() };
  const expected: JsonValue[] = [];
  for (const [index, step] of scenario.steps.entries()) expected.push(await play(stage, step, index));
  const balances = (await gate.balances()).map(balanceJson);
  await gate.close();
  const bodies: ReceiptBody[] = [];
  for await (const { body } of gate.receipts()) bodies.push(body);
  const last = [...stage.decisions.values()].at(-1);
  return {
    expected,
    balances,
    bodies: bodies as unknown as readonly JsonObject[],
    last: last?.permit === null ? last.code : "valid",
  };
}

async function play(
  { gate, clock, runs, decisions }: Stage,
  step: ScenarioStep,
  index: number,
): Promise<JsonValue> {
  switch (step.do) {
    case "decide": {
      const run = of(runs, step.run);
      const decision = await gate.decide(actionOf(step.action), given({ run, accepts: step.accepts }));
      decisions.set(index, decision);
      return decisionJson(decision);
    }
    case "settle": {
      const { permit } = of(decisions, step.attempt);
      const settlement = await permit?.settle(
        given({ usage: usageOf(step.usage), amounts: bigints(step.amounts) }),
      );
      return settlementJson(settlement);
    }
    case "release": {
      const settlement = await of(decisions, step.attempt).permit?.release("it did not go out");
      return settlementJson(settlement);
    }
    case "grant":
    case "refuse": {
      const id = of(decisions, step.attempt).approval?.id ?? "";
      await gate.approvals[step.do === "grant" ? "grant" : "deny"](id, { by: "treasurer" });
      return null;
    }
    case "stop":
      await gate.stop(of(runs, step.run), "pulled by the operator");
      return null;
    case "wait":
      clock.advance(step.ms);
      return null;
  }
}

function of<Key, Value>(map: ReadonlyMap<Key, Value>, key: Key): Value {
  const value = map.get(key);
  if (value === undefined) throw new Error(`the scenario has no ${key}`);
  return value;
}

function actionOf(action: JsonObject): ActionInput {
  const { max_output_tokens, input_tokens, media_parts, amounts, ...rest } = action;
  return given({
    ...rest,
    maxOutputTokens: max_output_tokens,
    inputTokens: input_tokens,
    mediaParts: media_parts,
    amounts: bigints(amounts as JsonObject | undefined),
  }) as unknown as ActionInput;
}

function bigints(amounts: JsonObject | undefined): Readonly<Record<string, bigint>> | undefined {
  if (amounts === undefined) return undefined;
  return Object.fromEntries(
    Object.entries(amounts).map(([unit, amount]) => [unit, BigInt(amount as string)]),
  );
}

function usageOf(usage: JsonObject | undefined): Usage | undefined {
  if (usage === undefined) return undefined;
  const names = Object.entries(usageNames).filter(([, name]) => usage[name] !== undefined);
  return Object.fromEntries(names.map(([member, name]) => [member, usage[name]]));
}

/** What a decision came to: what its receipt says, and whether the caller may go on. */
function decisionJson(decision: Decision): JsonObject {
  if (decision.receipt === null) throw new Error("a decision has no receipt");
  const { decision: said, claims, exceeded } = decision.receipt.body as DecisionBody;
  const { outcome, code, terminal, rules, evaluators } = said;
  const { name, provider, maxOutputTokens } = decision.action;
  return given({
    permitted: decision.permit !== null,
    outcome,
    code,
    terminal,
    rules,
    evaluators,
    claims: claims as unknown as JsonValue,
    exceeded: exceeded as unknown as JsonValue,
    enforced: decision.rewritten ? given({ name, provider, max_output_tokens: maxOutputTokens }) : undefined,
  }) as JsonObject;
}

function settlementJson(settlement: Settlement | undefined): JsonObject {
  if (settlement === undefined || settlement.receipt === null) throw new Error("an ending has no receipt");
  const { outcome, amounts, source, late, overage } = settlement.receipt.body as SettlementBody;
  return given({
    outcome,
    amounts: Object.fromEntries(amounts.map(({ unit, amount }) => [unit, amount])),
    source,
    late,
    overage: overage as unknown as JsonValue,
  }) as JsonObject;
}

function balanceJson({ budget, partition, window, unit, limit, spent, held }: Balance): JsonObject {
  return {
    budget,
    partition,
    window,
    unit,
    limit: limit === null ? null : `${limit}`,
    spent: `${spent}`,
    held: `${held}`,
  };
}
