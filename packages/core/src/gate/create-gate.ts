import { createAsyncContext } from "#async-context";
import type { Action, ActionInput } from "../action/action.ts";
import { digestAction } from "../action/action-digest.ts";
import type { Balance, BalanceQuery } from "../action/balance.ts";
import { readAction } from "../action/read-action.ts";
import { readSubject } from "../action/read-subject.ts";
import { readRunId } from "../action/run-id.ts";
import { type Awaitable, isPromiseLike } from "../awaitable.ts";
import { systemClock } from "../clock.ts";
import { createIds } from "../codec/uuidv7.ts";
import { InvalidAction, InvalidConfig } from "../errors.ts";
import { memoryLedger } from "../ledger/memory-ledger.ts";
import type { Approvals } from "../oversight/approvals.ts";
import { MemoryApprovalStore } from "../oversight/memory-approval-store.ts";
import { RunLatches } from "../oversight/run-latches.ts";
import { byteCounter } from "../pricing/byte-counter.ts";
import { createChain, type ReceiptContent } from "../receipt/chain.ts";
import { jwkThumbprint } from "../receipt/jwk-thumbprint.ts";
import { createSigner } from "../receipt/local-signer.ts";
import { memoryLog } from "../receipt/memory-log.ts";
import type { PublicJwk, Receipt } from "../receipt/receipt.ts";
import type { ReceiptLog, ReceiptQuery } from "../receipt/receipt-log.ts";
import type { Signer } from "../receipt/signer.ts";
import { actingSubject } from "./acting-subject.ts";
import type { AsyncContext } from "./async-context.ts";
import type { Attempt } from "./attempt.ts";
import { AttemptKeys, keyInUse } from "./attempt-keys.ts";
import { deadlineOf } from "./deadline.ts";
import { decideAttempt, refuseAttempt } from "./decide-attempt.ts";
import type { Decision } from "./decision.ts";
import type { DecideOptions, Gate, StopTarget } from "./gate.ts";
import { GateApprovals } from "./gate-approvals.ts";
import type { GateCore } from "./gate-core.ts";
import type { GateOptions } from "./gate-options.ts";
import { Keeper } from "./keeper.ts";
import { OpenWork } from "./open-work.ts";
import { paramsPolicy } from "./params-policy.ts";
import { rulesInForce } from "./policy-in-force.ts";
import { readOptions } from "./read-options.ts";
import { Recorder } from "./recorder.ts";
import type { Run, RunInput } from "./run.ts";
import { RunBook } from "./run-book.ts";
import { RunHandle, type RunHome } from "./run-handle.ts";
import { stopTarget } from "./stop-target.ts";

/**
 * Makes a gate; every option has a default, so that `createGate()` alone works.
 *
 * @throws InvalidConfig when an option makes no sense, naming it and what would be right.
 */
export function createGate(options: GateOptions = {}): Gate {
  return new LocalGate(readOptions(options));
}

class LocalGate implements Gate {
  readonly publicKey: PublicJwk;
  readonly chain: string;
  readonly approvals: Approvals;
  readonly #core: GateCore;
  readonly #log: ReceiptLog;
  readonly #keys = new AttemptKeys();
  readonly #home: RunHome;
  readonly #context: AsyncContext<RunHandle> = createAsyncContext();
  readonly defaultRun: RunHandle;
  readonly #defaultMaxOutputTokens: number | null;
  readonly #stores: readonly ({ readonly close?: () => unknown } | undefined)[];
  #closing: Promise<void> | null = null;

  constructor(options: GateOptions) {
    const clock = options.clock ?? systemClock;
    const signer = options.signer === undefined ? createSigner() : readSigner(options.signer);
    const ledger = options.ledger ?? memoryLedger({ clock });
    const idAt = createIds();
    // A clock out of order must not make ids that no receipt may have.
    const newId = (): string => idAt(Math.max(0, Number.isSafeInteger(clock.now()) ? clock.now() : 0));
    const report: GateCore["report"] = (failure) => {
      try {
        options.onFailure?.(failure);
      } catch {
        // An observer cannot make a failure worse.
      }
    };
    const closed = (): boolean => this.#closing !== null;
    const inTime = deadlineOf(clock, options.storageTimeoutMs ?? 5000);
    const reservationTtlMs = options.reservationTtlMs ?? 5 * 60 * 1000;
    this.publicKey = signer.publicKey;
    this.chain = options.chain ?? newId();
    this.#defaultMaxOutputTokens =
      options.maxOutputTokens === "unbounded" ? null : (options.maxOutputTokens ?? 4096);
    const log = options.log ?? memoryLog();
    const bare = createChain({ chain: this.chain, signer, newId: idAt });
    const parts = { log, signer, clock, inTime, report };
    const write = (content: ReceiptContent): Awaitable<Receipt> => recorder.write(content);
    const chain = options.checkpoints?.follow({ ...parts, chain: bare, write }) ?? bare;
    for (const former of options.formerSigners ?? []) chain.admit(readSigner(former));
    const recorder = new Recorder({
      ...parts,
      chain,
      clockToleranceMs: options.clockToleranceMs ?? 5000,
      observe: options.onReceipt ?? (() => undefined),
    });
    this.#log = log;
    this.#stores = [ledger, options.approvals, options.stops, log];
    const keeper = new Keeper({
      ledger,
      recorder,
      clock,
      reservationTtlMs,
      inTime,
      expired: (reservation) => this.#keys.ended(reservation.key),
      report,
    });
    const approvals = new GateApprovals({
      store: options.approvals ?? new MemoryApprovalStore(),
      inTime,
      now: () => recorder.recordTime(),
      record: (content) => recorder.writeOrOwe(content),
      log: () => (recorder.isReady ? log : undefined),
      tell: options.onApproval,
      report,
    });
    this.approvals = approvals;
    this.#core = {
      clock,
      rules: rulesInForce(options, report, closed),
      ledger,
      tokenCounter: options.tokenCounter ?? byteCounter,
      recorder,
      keeper,
      approvals,
      stops: options.stops ?? ledger.stops ?? new RunLatches(),
      book: new RunBook(),
      work: new OpenWork(),
      mode: options.mode ?? "enforce",
      failure: options.failure ?? "closed",
      params: paramsPolicy(options.params ?? "digest", report),
      evaluatorTimeoutMs: options.evaluatorTimeoutMs ?? 1000,
      inTime,
      reservationTtlMs,
      approvalTtlMs: options.approvalTtlMs ?? 60 * 60 * 1000,
      newId,
      closed,
      report,
    };
    const { stops, book } = this.#core;
    const { identity } = options;
    this.#home = { gate: this, stops, book, identity, inTime, newId, now: () => clock.now() };
    this.defaultRun = new RunHandle(this.#home, options.subject ?? {}, null);
  }

  run(input: RunInput = {}): Run {
    return new RunHandle(this.#home, { ...this.defaultRun.subject, ...input }, null);
  }

  withRun<T>(run: Run, fn: () => T): T {
    return this.#context.with(this.#own(run), fn);
  }

  currentRun(): Run | null {
    return this.#context.get() ?? null;
  }

  decide(input: ActionInput, options: DecideOptions = {}): Promise<Decision> {
    // Everything up to the first await happens in the order of the calls, so that keys are claimed in it.
    try {
      const run =
        options.run === undefined ? (this.#context.get() ?? this.defaultRun) : this.#own(options.run);
      const named = options.subject === undefined ? undefined : readSubject(options.subject);
      // What is asked now is judged, whatever its caller makes of it while somebody is verified.
      const [asked, ownKey] = [readAction(input, {}, this.#defaultMaxOutputTokens), input.key];
      const admitted = run.holder?.admit(this.#core.recorder.recordTime(), named) ?? null;
      const go = (refused: Attempt["refused"]): Promise<Decision> => {
        // Shadow mode changes nothing for the caller, also not for one who uses a key twice; and who is not admitted
        // neither learns nor changes what becomes of somebody's key.
        const key = this.#core.mode === "shadow" || refused !== null ? undefined : ownKey;
        const rules = this.#core.rules();
        const subject = actingSubject(rules, run, named, refused);
        const action: Action = Object.freeze({ ...asked, subject });
        const id = this.#core.newId();
        return this.#decide(key !== undefined, {
          ...digestAction(action),
          id,
          key: key === undefined ? id : run.keyOf(key),
          run,
          action,
          accepts: options.accepts ?? [],
          refused,
          claimed: [],
          rules,
          step: 0,
          repeats: 0,
        });
      };
      return isPromiseLike(admitted) ? Promise.resolve(admitted).then(go) : go(admitted);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #decide(isKeyed: boolean, attempt: Attempt): Promise<Decision> {
    if (!isKeyed) return decideAttempt(this.#core, attempt, () => undefined);
    return this.#keys.once(
      attempt,
      this.#core.recorder.recordTime(),
      (onEnd) => decideAttempt(this.#core, attempt, onEnd),
      () => refuseAttempt(this.#core, attempt, keyInUse(attempt)),
    );
  }

  async stop(target: StopTarget, reason: string): Promise<void> {
    await stopTarget(this.#core, this.#runToStop(target), target, reason);
  }

  async rotate(signer: Signer): Promise<void> {
    await this.#core.recorder.rotate(readSigner(signer));
  }

  async balances(query: BalanceQuery = {}): Promise<readonly Balance[]> {
    await this.#core.keeper.sweep(this.#core.recorder.recordTime());
    return this.#core.ledger.balances(query);
  }

  receipts(query: ReceiptQuery = {}): AsyncIterable<Receipt> {
    return this.#log.read({ chain: this.chain, ...query });
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const { keeper, recorder, work, inTime, report } = this.#core;
    const failures: unknown[] = [];
    const attempt = async (step: () => unknown): Promise<void> => {
      try {
        await step();
      } catch (cause) {
        failures.push(cause);
        report({ during: "close", cause });
      }
    };
    const who = "what was under way";
    await attempt(() => inTime(who, work.idle()));
    await attempt(() => inTime(who, keeper.settleOwed()));
    await attempt(() => inTime(who, keeper.sweep(recorder.recordTime())));
    await attempt(() => recorder.close());
    keeper.stop();
    // Whatever failed before: nobody else can use the file or the connection as long as they are open.
    for (const store of this.#stores) await attempt(() => store?.close?.());
    if (failures.length > 0) throw failures[0];
  }

  #runToStop(target: StopTarget): string | undefined {
    if (typeof target === "string") return readRunId(target);
    return target instanceof RunHandle ? this.#own(target).root : undefined;
  }

  #own(run: Run): RunHandle {
    if (run instanceof RunHandle && run.gate === this) return run;
    throw new InvalidAction("the run is not one of this gate: open it with gate.run()");
  }
}

function readSigner(signer: Signer): Signer {
  if (signer.kid === jwkThumbprint(signer.publicKey)) return signer;
  throw new InvalidConfig("signer.kid", "expected the RFC 7638 thumbprint of signer.publicKey");
}
