import {
  type ApprovalStore,
  createGate,
  createSigner,
  type Gate,
  memoryLog,
  type ReceiptLog,
} from "@tollgate/core";
import { evaluator } from "@tollgate/core/evaluators";
import { createOperator, type OperatorOptions } from "@tollgate/core/operate";
import { type ManualClock, manualClock } from "@tollgate/core/testing";
import { expect } from "vitest";
import { type ApprovalLaw, type MakeApprovalPlace, usingApprovals } from "./approvals-under-test.ts";
import { CallFault } from "./call-fault.ts";

/** After so long the receipt of a step is missed, by default. */
const recordWithinMs = 600_000;
const hourMs = 3_600_000;

/** Who answers requests, and ends what has run out, over stores that may fail. */
type Answering = (
  clock: ManualClock,
  approvals: ApprovalStore,
  log: ReceiptLog,
) => {
  grant(id: string): Promise<unknown>;
  deny(id: string): Promise<unknown>;
  look(): Promise<unknown>;
};

/**
 * The rules of stores of approvals that outlive the process about receipts of steps that nobody has written: over
 * each call that can fail, before and after it was done, once or as the last that the process does.
 */
export function approvalRecoveryLaws(make: MakeApprovalPlace): readonly ApprovalLaw[] {
  const answering: Readonly<Record<string, Answering>> = { gate: byGate, operator: byOperator };
  return Object.entries(answering).flatMap(([who, by]) =>
    (["dies", "fails once"] as const).map((how) => ({
      rule: `each step has one receipt, wherever the ${who} that took it ${how}, though many look for those that are missing`,
      async check() {
        for (const when of ["before", "after"] as const) {
          let nth = 1;
          while (await isReached(make, by, new CallFault(nth, when, how === "dies"))) nth += 1;
          // Looked for what has run out three times, taken three steps, and heard that they are on record.
          expect(nth).toBeGreaterThan(8);
        }
      },
    })),
  );
}

/** Plays one history with a fault, and answers whether it came to it. */
async function isReached(make: MakeApprovalPlace, by: Answering, fault: CallFault): Promise<boolean> {
  await usingApprovals(make, 5, async ([first, faulty, ...others]) => {
    if (first === undefined || faulty === undefined) throw new RangeError("there are five stores");
    const clock = manualClock();
    const log = memoryLog();
    const asking = askingGate(clock, first, log);
    const [granted = "", denied = "", later = ""] = [
      await ask(asking, "granted"),
      await ask(asking, "denied"),
      await ask(asking, "later"),
    ];
    await ask(asking, "brief");

    // What a log has refused it does not keep: only who dies with its answer never hears that it did.
    const keeps = fault.when === "after" && !fault.isDeadly;
    const process = by(clock, fault.on(faulty, steps), keeps ? log : fault.on(log, ["append"]));
    await process.grant(granted).catch(() => undefined);
    await process.deny(denied).catch(() => undefined);
    clock.advance(1001);
    await process.look().catch(() => undefined);
    // Who lives on writes what it owes with the next thing that it does.
    if (!fault.isDeadly) await process.look().catch(() => undefined);

    const gates = others.map((store) => askingGate(clock, store, log));
    // Only who has written something knows that it owes nothing.
    for (const gate of gates) await gate.decide({ kind: "tool", name: "look" });
    clock.advance(recordWithinMs);
    const { operator } = operatorOn(clock, others[0] ?? first, log);
    await Promise.all([
      ...gates.map((gate) => gate.approvals.list()),
      operator.answer({ approval: later, status: "granted", by: "dave", reason: "checked" }),
    ]);
    for (let round = 0; round < 2; round++) {
      clock.advance(recordWithinMs);
      for (const gate of gates) await gate.approvals.list();
    }

    const expected: string[] = [];
    for (const { id, status } of await first.list({ status: "all" })) {
      expected.push(`${id} requested`, ...(status === "pending" ? [] : [`${id} ${status}`]));
    }
    const written: string[] = [];
    for await (const { body } of log.read()) {
      if (body.type === "approval") written.push(`${body.approval} ${body.status}`);
    }
    expect(written.sort(), fault.text).toEqual(expected.sort());
    // All that was to be done was done where nothing failed.
    expect(expected.length).toBeGreaterThanOrEqual(fault.isReached ? 6 : 8);
  });
  return fault.isReached;
}

/** What of a store steps are taken by. */
const steps = ["answer", "expire", "recorded"] as const;

/** A gate that asks for approval of everything but looking: of what is brief for a second, else for a day. */
function askingGate(clock: ManualClock, approvals: ApprovalStore, log: ReceiptLog): Gate {
  return createGate({
    clock,
    approvals,
    log,
    evaluators: [
      evaluator("careful", ({ name }) =>
        name === "look"
          ? { decision: "allow" }
          : {
              decision: "require_approval",
              reason: "always",
              ttlMs: name === "brief" ? 1000 : 24 * hourMs,
            },
      ),
    ],
  });
}

async function ask(gate: Gate, name: string): Promise<string> {
  const { approval } = await gate.decide({ kind: "tool", name }, { run: gate.run({ id: name }) });
  return approval?.id ?? "";
}

const byGate: Answering = (clock, approvals, log) => {
  const gate = askingGate(clock, approvals, log);
  return {
    grant: (id) => gate.approvals.grant(id, { by: "carol", reason: "checked" }),
    deny: (id) => gate.approvals.deny(id, { by: "carol" }),
    look: () => gate.approvals.list(),
  };
};

const byOperator: Answering = (clock, approvals, log) => {
  const { operator } = operatorOn(clock, approvals, log);
  const answer = (approval: string, status: "granted" | "denied"): Promise<unknown> =>
    operator.answer({ approval, status, by: "carol", reason: "checked" });
  return {
    grant: (id) => answer(id, "granted"),
    deny: (id) => answer(id, "denied"),
    // It ends what has run out before it finds that there is no such request.
    look: () => answer("nobody's", "denied").catch(() => undefined),
  };
};

function operatorOn(clock: ManualClock, approvals: ApprovalStore, log: ReceiptLog) {
  const ledger = {} as OperatorOptions["ledger"];
  return { operator: createOperator({ ledger, log, approvals, signer: createSigner(), clock }) };
}
