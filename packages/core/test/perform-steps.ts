import {
  type ActionInput,
  createGate,
  createSigner,
  type Evaluator,
  type Gate,
  type GateOptions,
  memoryLog,
  type Permit,
  type PublicJwk,
  type ReceiptLog,
  type Run,
  type Subject,
  TollgateError,
  type Used,
  type Verdict,
} from "@tollgate/core";
import { evaluator } from "@tollgate/core/evaluators";
import { checkpoints } from "@tollgate/core/signing";
import { type ManualClock, manualClock } from "@tollgate/core/testing";
import { brokenLedger, turn } from "./broken-ledger.ts";
import { prices } from "./gate-fixture.ts";
import { needsApproval, type Step } from "./random-workload.ts";

/** What became of a workload. */
export interface Performed {
  /** The receipts' own text, in order. */
  readonly lines: readonly string[];
  readonly publicKey: PublicJwk;
  /** Receipts that could not be written: nobody else sees why. */
  readonly unwritten: readonly unknown[];
}

/**
 * Does all steps to a new gate, one after the other, and closes it.
 *
 * Nonsense may be refused with a TollgateError; any other error is a defect and rejects.
 */
export async function performSteps(options: GateOptions, steps: readonly Step[]): Promise<Performed> {
  const bench = new Workbench(options);
  for (const step of steps) {
    try {
      await bench.perform(step);
    } catch (error) {
      if (!TollgateError.is(error)) throw error;
    }
  }
  await bench.gate.close();
  return { lines: bench.lines, publicKey: bench.gate.publicKey, unwritten: bench.unwritten };
}

const careful: Evaluator = evaluator("careful", ({ name }) =>
  name === needsApproval ? { decision: "require_approval", reason: "money leaves" } : { decision: "allow" },
);

class Workbench {
  readonly gate: Gate;
  readonly lines: string[] = [];
  readonly unwritten: unknown[] = [];
  readonly #clock: ManualClock = manualClock();
  readonly #runs: Run[];
  readonly #permits: Permit[] = [];
  #answers: readonly unknown[] = [];
  #ledgerFails = false;

  constructor(options: GateOptions) {
    this.gate = createGate({
      prices,
      signer: createSigner({ seed: new Uint8Array(32).fill(7) }),
      checkpoints: checkpoints({ every: 10 }),
      ...options,
      clock: this.#clock,
      evaluators: [this.#evaluator(0), careful, this.#evaluator(1)],
      ledger: brokenLedger(this.#clock, (sound) => ({
        reserve: (request) => {
          if (this.#ledgerFails) throw new Error("disk I/O error \ud800");
          return sound.reserve(request);
        },
      })),
      log: this.#log(),
      onFailure: ({ during, cause }) => {
        if (during === "receipt") this.unwritten.push(cause);
      },
    });
    this.#runs = [this.gate.defaultRun];
  }

  async perform(step: Step): Promise<unknown> {
    switch (step.do) {
      case "decide":
        return this.#decide(step);
      case "settle":
        return this.#permit(step.permit)?.settle(step.used as Used);
      case "release":
        return this.#permit(step.permit)?.release(step.reason as string);
      case "open run":
        return this.#runs.push(
          step.parent === null ? this.gate.run(step.input) : this.#run(step.parent).child(step.input),
        );
      case "stop": {
        const run = typeof step.run === "number" ? this.#run(step.run) : (step.run as string);
        return this.gate.stop(run, step.reason as string);
      }
      case "answer": {
        const [approval] = await this.gate.approvals.list();
        if (approval === undefined) return null;
        const answer = step.answer as { by: string };
        return step.grant
          ? this.gate.approvals.grant(approval.id, answer)
          : this.gate.approvals.deny(approval.id, answer);
      }
      case "wait":
        if (step.ms < 0) this.#clock.set(this.#clock.now() + step.ms);
        else this.#clock.advance(step.ms);
        await turn();
        return this.gate.balances();
    }
  }

  async #decide(step: Extract<Step, { do: "decide" }>): Promise<void> {
    this.#answers = step.answers;
    this.#ledgerFails = step.ledgerFails;
    const options = {
      run: this.#run(step.run),
      ...(step.subject === undefined ? {} : { subject: step.subject as Subject }),
      accepts: step.accepts ? (["model", "provider", "params", "maxOutputTokens"] as const) : [],
    };
    const deciding = this.gate.decide(step.action as ActionInput, options);
    const ended = deciding.then(
      () => true,
      () => true,
    );
    if (step.answers.includes("hang")) {
      while (!(await Promise.race([ended, turn()]))) this.#clock.advance(1000);
    }
    const decision = await deciding.finally(() => {
      this.#ledgerFails = false;
    });
    if (decision.permit !== null) this.#permits.push(decision.permit);
  }

  #run(at: number): Run {
    return this.#runs[at % this.#runs.length] as Run;
  }

  /** Counted from the newest: an index of 0 mostly is a permit that is still open. */
  #permit(at: number): Permit | undefined {
    return this.#permits.at(-1 - (at % Math.max(1, this.#permits.length)));
  }

  #evaluator(at: number): Evaluator {
    return evaluator(`e${at}`, () => {
      const answer = this.#answers[at];
      if (answer === "throw") throw new Error("boom \ud800");
      return answer === "hang" ? new Promise<Verdict>(() => undefined) : (answer as Verdict);
    });
  }

  #log(): ReceiptLog {
    const log = memoryLog({ maxReceipts: 100_000 });
    return {
      append: (entry) => {
        this.lines.push(entry.json);
        return log.append(entry);
      },
      read: (query) => log.read(query),
      head: (chain) => log.head(chain),
    };
  }
}
