import { isPromiseLike } from "../awaitable.ts";
import { given } from "../codec/given.ts";
import { messageOf } from "../errors.ts";
import { approvalContent } from "../oversight/approval-content.ts";
import type { Receipt } from "../receipt/receipt.ts";
import { type Attempt, denied, type Finding, isFinding } from "./attempt.ts";
import type { Decision } from "./decision.ts";
import { decisionContent } from "./decision-content.ts";
import type { GateCore } from "./gate-core.ts";
import { type Held, holdAttempt } from "./hold-attempt.ts";
import { OpenPermit } from "./open-permit.ts";
import { type Plan, planAttempt, unjudged } from "./plan-attempt.ts";
import { RecordFailed } from "./recorder.ts";

/**
 * The one sequence: latch, evaluators, rewrite, price, reserve, sign and append, permit.
 *
 * Never rejects; whatever goes wrong on the way denies, or in shadow mode changes nothing.
 */
export async function decideAttempt(core: GateCore, attempt: Attempt, onEnd: () => void): Promise<Decision> {
  core.work.begin();
  const { run } = attempt;
  if (attempt.refused === null) {
    // Whoever is not admitted does not count for a run that it only names.
    attempt.step = run.counts.steps += 1;
    attempt.repeats = core.book.repeat(run.root, attempt.digest);
  }
  try {
    return await decide(core, attempt, onEnd);
  } finally {
    core.work.end();
  }
}

async function decide(core: GateCore, attempt: Attempt, onEnd: () => void): Promise<Decision> {
  let outcome: Held | Finding;
  try {
    outcome = await judgeAndHold(core, attempt);
  } catch (error) {
    outcome = denied("store_failed", `the gate failed: ${messageOf(error)}`, { cause: error });
  }
  if (!isFinding(outcome)) return admit(core, attempt, outcome, onEnd);
  await giveBackApproval(core, attempt);
  if (core.mode === "shadow") return admit(core, attempt, unheld(attempt, outcome), onEnd);
  return refuseAttempt(core, attempt, outcome);
}

async function judgeAndHold(core: GateCore, attempt: Attempt): Promise<Held | Finding> {
  if (!core.recorder.isReady) {
    // The log tells where the chain ends, and when: before that nothing can be receipted or timed.
    const failed = await core.recorder.flush().then(() => null, recordFailed);
    if (failed !== null) return failed;
  }
  let asked = unjudged(attempt);
  // Others may have stopped something; what they have cannot be known where this fails.
  if (core.stops.refresh !== undefined) {
    try {
      await core.inTime("the store of stops", core.stops.refresh(core.clock.now()));
    } catch (error) {
      if (core.failure === "closed" || core.stops !== core.ledger.stops) throw error;
      asked = { ...asked, failure: `ledger_failed: ${messageOf(error)}` };
    }
  }
  const stopped = preflight(core, attempt) ?? stopOf(attempt);
  if (core.mode === "shadow") return holdInShadow(core, attempt, asked, stopped);
  if (stopped !== null) return stopped;
  const judgeAgain = (plan: Plan): Promise<Plan | Finding> => planAttempt(core, attempt, plan);
  const plan = await judgeAgain(asked);
  return isFinding(plan) ? plan : holdAttempt(core, attempt, plan, judgeAgain);
}

/** Decides as if it counted, then holds the money of the action as it was asked for. */
async function holdInShadow(
  core: GateCore,
  attempt: Attempt,
  asked: Plan,
  stopped: Finding | null,
): Promise<Held | Finding> {
  const plan = stopped ?? (await planAttempt(core, attempt, asked));
  const judged = isFinding(plan)
    ? asked
    : { ...asked, reason: plan.reason, rules: plan.rules, evaluators: plan.evaluators };
  const held = await holdAttempt(core, attempt, judged, async (next) => next);
  if (isFinding(held)) return isFinding(plan) ? plan : held;
  if (isFinding(plan)) return { ...held, wouldBe: plan };
  if (held.wouldBe === null && plan.rewritten) {
    return { ...held, wouldBe: { ...denied("degraded", plan.reason, plan), outcome: "degrade" } };
  }
  return held;
}

/** What denies before anybody is asked. */
function preflight(core: GateCore, { refused }: Attempt): Finding | null {
  if (core.closed()) return denied("gate_closed", "the gate is closed");
  if (core.recorder.decisionTime() === null) {
    return denied(
      "clock_went_back",
      "the clock went back: no time window can be trusted until it has caught up",
    );
  }
  return refused === null ? null : denied(refused.code, refused.reason, refused);
}

function stopOf({ run, action: { subject } }: Attempt): Finding | null {
  // The run's own subject was looked at with it.
  const why = run.stopped ?? (subject === run.subject ? null : run.agentStop(subject));
  return why === null
    ? null
    : denied("run_stopped", `the run is stopped: ${why}`, { terminal: run.stopped !== null });
}

/** Shadow mode's way out where nothing could be held. */
function unheld(attempt: Attempt, wouldBe: Finding): Held {
  return {
    plan: unjudged(attempt),
    rates: null,
    bounds: {},
    claims: [],
    balances: [],
    reservation: null,
    wouldBe,
  };
}

async function giveBackApproval(core: GateCore, attempt: Attempt): Promise<void> {
  for (const { id } of attempt.claimed.splice(0)) await core.approvals.giveBack(id, attempt.id);
}

async function admit(core: GateCore, attempt: Attempt, held: Held, onEnd: () => void): Promise<Decision> {
  const { plan, reservation } = held;
  const expiresAt = reservation?.expiresAt ?? core.recorder.recordTime() + core.reservationTtlMs;
  const outcome = plan.rewritten ? "degrade" : "allow";
  const code = plan.rewritten ? "degraded" : "allowed";
  let receipt: Receipt | null = null;
  const reason = "the receipt log answered too late";
  const undo = async (): Promise<void> => {
    core.work.begin();
    // What has expired meanwhile has a receipt of that, from whoever ended it.
    if (reservation === null || (await core.keeper.giveBack(reservation, reason))) {
      await core.recorder.writeOrOwe({
        type: "settlement",
        decision: attempt.id,
        reservation: reservation?.id ?? null,
        outcome: "released",
        reason,
        amounts: [],
      });
    }
    core.work.end();
  };
  try {
    const content = decisionContent(core, attempt, held, null);
    const written = core.recorder.write(content, core.mode === "enforce" ? undo : undefined);
    receipt = isPromiseLike(written) ? await written : written;
  } catch (error) {
    if (core.mode === "enforce") {
      if (reservation !== null) core.keeper.giveBack(reservation, reason);
      await giveBackApproval(core, attempt);
      return refusal(attempt, recordFailed(error), null);
    }
    core.report({ during: "receipt", cause: error });
  }
  const permit = new OpenPermit({ core, id: attempt.id, run: attempt.run, held, expiresAt, onEnd });
  if (core.mode === "enforce") {
    const stop = stopOf(attempt);
    if (stop !== null) {
      // Stopped while this was being decided: a stop is sticky for what has not gone out yet, too.
      await permit.release("the run was stopped").catch(() => undefined);
      await giveBackApproval(core, attempt);
      return refuseAttempt(core, { ...attempt, id: core.newId() }, stop);
    }
    for (const approval of attempt.claimed) await core.recorder.writeOrOwe(approvalContent(approval));
  }
  attempt.run.counts.calls += 1;
  const { wouldBe } = held;
  const decision: Decision = given({
    outcome,
    code,
    terminal: false,
    reason: plan.reason,
    rules: plan.rules,
    action: plan.action,
    rewritten: plan.rewritten,
    claims: held.claims,
    balances: held.balances,
    receipt,
    permit,
    approval: attempt.claimed[0] ?? null,
    shadow:
      wouldBe === null ? undefined : { outcome: wouldBe.outcome, code: wouldBe.code, reason: wouldBe.reason },
  });
  permit.belongsTo(decision);
  return decision;
}

/** Records a refusal and answers it; a terminal one stops the run. */
export async function refuseAttempt(core: GateCore, attempt: Attempt, finding: Finding): Promise<Decision> {
  if (finding.terminal && finding.code !== "run_stopped") await stopRun(core, attempt, finding);
  let receipt: Receipt | null = null;
  if (finding.code !== "gate_closed") {
    try {
      const written = core.recorder.write(decisionContent(core, attempt, null, finding));
      receipt = isPromiseLike(written) ? await written : written;
      if (finding.approval?.isNew === true) {
        await core.recorder.write(approvalContent(finding.approval.approval));
        await core.approvals.tell(finding.approval.approval);
      }
    } catch (error) {
      // A refusal stands without its receipt, but nobody may be asked to approve what is not on record.
      core.report({ during: "receipt", cause: error });
      if (finding.approval?.isNew === true) await core.approvals.withdraw(finding.approval.approval.id);
      if (finding.outcome !== "deny") return refusal(attempt, recordFailed(error), null);
    }
  }
  return refusal(attempt, finding, receipt);
}

async function stopRun(core: GateCore, { run }: Attempt, { reason }: Finding): Promise<void> {
  try {
    await core.inTime("the store of stops", core.stops.stop(run.root, reason, core.recorder.recordTime()));
  } catch (cause) {
    // It holds in this gate, and the store is told as soon as it answers.
    core.report({ during: "stop", cause });
  }
}

function recordFailed(error: unknown): Finding {
  const isSigner = error instanceof RecordFailed && error.part === "signer";
  return denied(isSigner ? "signer_failed" : "receipt_log_failed", messageOf(error), { cause: error });
}

function refusal(attempt: Attempt, finding: Finding, receipt: Receipt | null): Decision {
  return given({
    outcome: finding.outcome,
    code: finding.code,
    terminal: finding.terminal,
    reason: finding.reason,
    rules: finding.rules,
    action: attempt.action,
    rewritten: false,
    claims: [],
    balances: [],
    receipt,
    permit: null,
    approval: finding.approval?.approval ?? null,
    result: finding.result,
    conflict: finding.conflict,
    cause: finding.cause,
  });
}
