import { type ApprovalStore, createGate, type Gate, memoryLog, type Receipt } from "@tollgate/core";
import { evaluator } from "@tollgate/core/evaluators";
import { type ManualClock, manualClock } from "@tollgate/core/testing";
import fc from "fast-check";
import { expect } from "vitest";
import { ApprovalModel, type Asked, policies } from "./approval-model.ts";
import { type ApprovalLaw, type MakeApprovalPlace, usingApprovals } from "./approvals-under-test.ts";

/** Something done to gates that share a store; what is under way together is at once. */
type Operation =
  | { readonly do: "ask"; readonly asked: Asked; readonly gates: readonly number[] }
  | { readonly do: "answer"; readonly nth: number; readonly says: readonly Said[] }
  | { readonly do: "wait"; readonly ms: number }
  | { readonly do: "list"; readonly gates: readonly number[] };

interface Said {
  readonly gate: number;
  readonly approved: boolean;
}

const gateCount = 3;
const gate = fc.nat(gateCount - 1);
const asked: fc.Arbitrary<Asked> = fc.record({
  run: fc.constantFrom("run-1", "run-2"),
  // Nobody has the money for a yacht.
  what: fc.constantFrom("bread", "wine", "yacht"),
  policy: fc.nat(policies.length - 1),
});

const operations = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        do: fc.constant("ask" as const),
        asked,
        gates: fc.array(gate, { minLength: 1, maxLength: 4 }),
      }),
    },
    {
      weight: 5,
      arbitrary: fc.record({
        do: fc.constant("answer" as const),
        nth: fc.nat(7),
        says: fc.array(fc.record({ gate, approved: fc.boolean() }), { minLength: 1, maxLength: 3 }),
      }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constant("wait" as const), ms: fc.nat(80) }) },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constant("list" as const),
        gates: fc.array(gate, { minLength: 1, maxLength: 3 }),
      }),
    },
  ),
  { minLength: 1, maxLength: 25, size: "max" },
);

/** The law over random histories of several gates on one store. */
export function approvalHistoryLaws(make: MakeApprovalPlace, numRuns: number): readonly ApprovalLaw[] {
  return [
    {
      rule: "whatever gates do at once, a grant lets one call through, and each step has one receipt",
      check: () =>
        fc.assert(
          fc.asyncProperty(operations, (history) =>
            usingApprovals(make, gateCount, async (stores) => {
              const play = new Play(stores);
              for (const operation of history) await play.do(operation);
              await play.end();
            }),
          ),
          { numRuns },
        ),
    },
  ];
}

/** A gate on one opening of the store, as a process has it. */
interface Playing {
  readonly gate: Gate;
  readonly inForce: { policy: number };
  readonly receipts: () => Promise<readonly Receipt[]>;
}

class Play {
  readonly #clock: ManualClock = manualClock();
  readonly #playing: readonly Playing[];
  readonly #model = new ApprovalModel();

  constructor(stores: readonly ApprovalStore[]) {
    this.#playing = stores.map((store) => makePlaying(store, this.#clock));
  }

  async do(operation: Operation): Promise<void> {
    switch (operation.do) {
      case "ask":
        return this.#ask(operation.asked, operation.gates);
      case "answer":
        return this.#answer(operation.nth, operation.says);
      case "wait":
        return this.#clock.advance(operation.ms);
      case "list": {
        const lists = await Promise.all(operation.gates.map((nth) => this.#at(nth).gate.approvals.list()));
        const open = this.#model.listed("pending", this.#clock.now());
        for (const list of lists) expect(list.map(({ id }) => id)).toEqual(open);
      }
    }
  }

  /** Compares what all gates say of all approvals, and what their receipts say. */
  async end(): Promise<void> {
    const all = await Promise.all(this.#playing.map(({ gate }) => gate.approvals.list({ status: "all" })));
    const expected = this.#model.ended(this.#clock.now());
    for (const list of all) expect(list.map(({ id, status }) => [id, status])).toEqual(expected);
    const steps: string[] = [];
    for (const { receipts } of this.#playing) {
      for (const { body } of await receipts()) {
        if (body.type === "approval") steps.push(`${body.approval} ${body.status}`);
      }
    }
    expect(steps.sort()).toEqual([...this.#model.steps].sort());
    // The places are closed by whoever opened them.
  }

  async #ask(asked: Asked, gates: readonly number[]): Promise<void> {
    const now = this.#clock.now();
    // One that is given back may be asked for by another in between: what comes of that is anybody's guess.
    const at = asked.what === "yacht" ? gates.slice(0, 1) : gates;
    for (const nth of at) this.#at(nth).inForce.policy = asked.policy;
    const decisions = await Promise.all(
      at.map((nth) => {
        const { gate } = this.#at(nth);
        return gate.decide(
          { kind: "tool", name: asked.what, params: {} },
          { run: gate.run({ id: asked.run }) },
        );
      }),
    );
    const said = decisions.map(({ code, approval }) => ({ code, id: approval?.id ?? null }));
    this.#model.ask(asked, said, now, now + 100);
  }

  async #answer(nth: number, says: readonly Said[]): Promise<void> {
    const id = this.#model.id(nth);
    const answers = await Promise.allSettled(
      says.map(({ gate: at, approved }) => {
        const { approvals } = this.#at(at).gate;
        return approved ? approvals.grant(id, { by: "carol" }) : approvals.deny(id, { by: "dave" });
      }),
    );
    const taken = answers.flatMap((answer) => (answer.status === "fulfilled" ? [answer.value.status] : []));
    this.#model.answer(id, taken, this.#clock.now());
  }

  #at(nth: number): Playing {
    const playing = this.#playing[nth];
    if (playing === undefined) throw new RangeError(`there is no gate ${nth}`);
    return playing;
  }
}

function makePlaying(store: ApprovalStore, clock: ManualClock): Playing {
  const log = memoryLog();
  const inForce = { policy: 0 };
  return {
    inForce,
    gate: createGate({
      clock,
      log,
      approvals: store,
      approvalTtlMs: 100,
      policy: () => policies[inForce.policy] ?? { digest: "" },
      prices: { models: {}, tools: { yacht: "$1000000", "*": "$1" } },
      budgets: [{ id: "money", limit: "$10000" }],
      evaluators: [evaluator("careful", () => ({ decision: "require_approval", reason: "always" }))],
    }),
    receipts: async () => {
      const read: Receipt[] = [];
      for await (const receipt of log.read()) read.push(receipt);
      return read;
    },
  };
}
