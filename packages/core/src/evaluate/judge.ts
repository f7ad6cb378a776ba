import type { Action } from "../action/action.ts";
import { type Awaitable, isPromiseLike } from "../awaitable.ts";
import type { Clock } from "../clock.ts";
import type { Evaluator, Verdict } from "./evaluator.ts";
import { EvaluatorContext, type JudgeContext } from "./evaluator-context.ts";
import type { Judgement } from "./judgement.ts";
import { Tally } from "./tally.ts";
import { verdictFlaw } from "./verdict-flaw.ts";

/** Options of {@link judge}. */
export interface JudgeOptions {
  /** How long each evaluator may take, in milliseconds, unless it says so itself. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  /**
   * What becomes of the action when an evaluator fails. `deny` ends the asking; `abstain` goes on as if the
   * evaluator had not been there, so that the others still refuse what they would.
   *
   * @default "deny"
   */
  readonly onFailure?: "deny" | "abstain";
}

/**
 * Asks evaluators about an action, in order, until one denies; the most restrictive verdict wins.
 *
 * Answers at once, without a timer, when all of them do. One that throws, rejects, answers nonsense or does
 * not answer in time denies (or abstains, see `onFailure`), and `failure` names it; its error's message stays
 * out of the reason, since it could quote the action. An evaluator that blocks the thread cannot be timed out.
 * Composites are to be expanded before. Never throws.
 */
export function judge(
  evaluators: readonly Evaluator[],
  action: Action,
  context: JudgeContext,
  options: JudgeOptions,
): Awaitable<Judgement> {
  return askFrom(0, { evaluators, action, context, options, tally: new Tally() });
}

/** One judgement in the making. */
interface Hearing {
  readonly evaluators: readonly Evaluator[];
  readonly action: Action;
  readonly context: JudgeContext;
  readonly options: JudgeOptions;
  readonly tally: Tally;
}

function askFrom(start: number, hearing: Hearing): Awaitable<Judgement> {
  const { evaluators, action, tally } = hearing;
  for (let index = start; index < evaluators.length; index++) {
    const evaluator = evaluators[index] as Evaluator;
    tally.ask(evaluator.name);
    const context = new EvaluatorContext(hearing.context);
    let answer: Awaitable<Verdict>;
    try {
      answer = evaluator.evaluate(action, context);
      if (isPromiseLike(answer)) return askLater(index, answer, context, hearing);
    } catch (cause) {
      const end = fail(evaluator, "threw", cause, hearing);
      if (end !== null) return end;
      continue;
    }
    const end = hear(evaluator, answer, hearing);
    if (end !== null) return end;
  }
  return tally.judgement();
}

/** Takes a verdict in; answers the judgement when it ends the hearing. */
function hear(evaluator: Evaluator, answer: unknown, hearing: Hearing): Judgement | null {
  const { tally } = hearing;
  let flaw: string | null;
  try {
    flaw = verdictFlaw(answer);
    if (flaw === null) tally.add(evaluator.name, answer as Verdict);
  } catch (cause) {
    // Only a verdict with getters can throw.
    return fail(evaluator, "answered nonsense", cause, hearing);
  }
  if (flaw !== null) {
    return fail(evaluator, `answered nonsense: ${flaw}`, new TypeError(flaw), hearing);
  }
  return (answer as Verdict).decision === "deny" ? tally.judgement() : null;
}

/** Takes in that an evaluator failed; answers the judgement when that ends the hearing. */
function fail(evaluator: Evaluator, how: string, cause: unknown, hearing: Hearing): Judgement | null {
  const { tally, options } = hearing;
  tally.fail({ evaluator: evaluator.name, reason: `evaluator "${evaluator.name}" ${how}`, cause });
  return options.onFailure === "abstain" ? null : tally.denial();
}

async function askLater(
  index: number,
  answer: Awaitable<Verdict>,
  context: EvaluatorContext,
  hearing: Hearing,
): Promise<Judgement> {
  const { evaluators, options } = hearing;
  const evaluator = evaluators[index] as Evaluator;
  const timeoutMs = evaluator.timeoutMs ?? options.timeoutMs;
  let end: Judgement | null;
  try {
    end = hear(evaluator, await inTime(answer, timeoutMs, options.clock), hearing);
  } catch (cause) {
    const late = cause instanceof EvaluatorTimeout;
    if (late) context.abort(cause);
    end = fail(evaluator, late ? `did not answer within ${timeoutMs} ms` : "threw", cause, hearing);
  }
  return end ?? askFrom(index + 1, hearing);
}

class EvaluatorTimeout extends Error {
  constructor(timeoutMs: number) {
    super(`no verdict within ${timeoutMs} ms`);
    this.name = "TimeoutError";
  }
}

/** Waits for an answer until the time is up; one that comes later, good or bad, is ignored. */
function inTime(answer: Awaitable<Verdict>, timeoutMs: number, clock: Clock): Promise<Verdict> {
  return new Promise((resolve, reject) => {
    const timer = clock.setTimer(() => reject(new EvaluatorTimeout(timeoutMs)), timeoutMs);
    Promise.resolve(answer)
      .finally(() => clock.clearTimer(timer))
      .then(resolve, reject);
  });
}
