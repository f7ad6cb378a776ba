import { type Awaitable, isPromiseLike } from "../awaitable.ts";
import type { Clock } from "../clock.ts";
import { InvalidAction, messageOf, StorageFailed, TollgateError } from "../errors.ts";
import { keyContent, type ReceiptChain, type ReceiptContent } from "../receipt/chain.ts";
import type { Receipt } from "../receipt/receipt.ts";
import type { ReceiptLog, SealedReceipt } from "../receipt/receipt-log.ts";
import type { Signer } from "../receipt/signer.ts";
import type { InTime } from "./deadline.ts";
import type { GateFailure } from "./gate-options.ts";

/** What can be at fault: the signer, the log, or what the receipt was to say. */
export type RecordPart = "signer" | "receipt log" | "content";

/** A receipt that could not be written. */
export class RecordFailed extends TollgateError {
  readonly part: RecordPart;

  constructor(part: RecordPart, cause: unknown) {
    const what = part === "content" ? "the receipt cannot be written" : `the ${part} failed`;
    super("storage_failed", `${what}: ${messageOf(cause)}`, { cause });
    this.name = "RecordFailed";
    this.part = part;
  }
}

/** What a {@link Recorder} is made of. */
export interface RecorderParts {
  readonly chain: ReceiptChain;
  readonly log: ReceiptLog;
  readonly signer: Signer;
  readonly clock: Clock;
  readonly inTime: InTime;
  readonly clockToleranceMs: number;
  readonly observe: (receipt: Receipt) => void;
  readonly report: (failure: GateFailure) => void;
}

/** A receipt that is owed: what it records has happened, and it will be written before anything else. */
interface Owed {
  readonly content: ReceiptContent;
  /** True once the log has it after all. */
  paid: boolean;
}

/**
 * Writes the gate's one chain of receipts to its log, in order, also over failures of the log.
 *
 * A decision that cannot be written is refused by the gate; an ending that cannot be written is owed, and
 * written before the next decision. After a failure the chain is taken up again from what the log really has.
 */
export class Recorder {
  readonly #parts: RecorderParts;
  /** False before the first receipt and after a failure: the log's head must be asked for. */
  #inStep = false;
  /** True until the gate's key is on record: the chain may have been under another, or its endorsement older. */
  #isNew = true;
  #recovery: Promise<void> | null = null;
  /** Appends that the log has not answered, also those given up. */
  #outstanding = 0;
  #owed: Owed[] = [];
  #latest = Number.NEGATIVE_INFINITY;

  constructor(parts: RecorderParts) {
    this.#parts = parts;
  }

  /** True when the next receipt can be appended at once; else {@link Recorder.flush} comes first. */
  get isReady(): boolean {
    return this.#inStep && this.#owed.length === 0;
  }

  /** The time for a record: the clock's, but never before a time already used. */
  recordTime(): number {
    const now = this.#parts.clock.now();
    if (Number.isSafeInteger(now) && now > this.#latest) this.#latest = now;
    return this.#latest;
  }

  /** The time for a decision, or null when the clock went back further than is tolerated. */
  decisionTime(): number | null {
    const now = this.#parts.clock.now();
    if (!Number.isSafeInteger(now) || now < this.#latest - this.#parts.clockToleranceMs) return null;
    return this.recordTime();
  }

  /**
   * Writes a receipt and answers it once it is durable.
   *
   * `undo` is called when the log turns out to have kept the receipt although this failed.
   *
   * @throws RecordFailed; then the receipt does not count.
   */
  write(content: ReceiptContent, undo?: () => void): Awaitable<Receipt> {
    if (this.isReady) return this.#append(content, undo);
    return this.#catchUp().then(() => this.#append(content, undo));
  }

  /** Writes what has happened already; null when it is owed for now. */
  async writeOrOwe(content: ReceiptContent): Promise<Receipt | null> {
    const owed: Owed = { content, paid: false };
    try {
      if (!this.isReady) await this.#catchUp();
      return await this.#append(content, undefined, owed);
    } catch (error) {
      this.#owe(owed, error);
      return null;
    }
  }

  /** Goes over to another signer's key. @throws RecordFailed; then the chain may be under either. */
  async rotate(signer: Signer): Promise<void> {
    this.#parts.chain.admit(signer);
    await this.flush().catch((error: unknown) => {
      // What is owed may be so because the old key has run out.
      if (!this.#inStep) throw error;
    });
    await this.#append(keyContent(signer));
    await this.flush();
  }

  /** Writes the last receipt, and before it what the chain must end with. @throws RecordFailed */
  async close(): Promise<void> {
    await this.flush();
    await this.#parts.chain.finish?.();
    await this.write({ type: "close" });
  }

  /** Writes all that is owed. @throws RecordFailed */
  flush(): Promise<void> {
    return this.isReady ? Promise.resolve() : this.#catchUp();
  }

  #append(content: ReceiptContent, undo?: () => void, owed?: Owed): Awaitable<Receipt> {
    const { chain, log, inTime } = this.#parts;
    let entry: SealedReceipt;
    try {
      entry = chain.seal(content, this.recordTime());
    } catch (error) {
      throw new RecordFailed(error instanceof InvalidAction ? "content" : "signer", error);
    }
    try {
      const appended = log.append(entry);
      if (!isPromiseLike(appended)) return this.#written(entry);
      this.#outstanding += 1;
      const count = (): void => {
        this.#outstanding -= 1;
      };
      appended.then(count, count);
      const answered = inTime<void>("the receipt log", appended, () => {
        // The log kept what was given up: undo what does not count, and do not write twice what does.
        undo?.();
        if (owed !== undefined) this.#pay(owed);
      });
      return Promise.resolve(answered).then(
        () => this.#written(entry),
        (error: unknown) => this.#fail(error),
      );
    } catch (error) {
      return this.#fail(error);
    }
  }

  /** Notes that the log may have something else than the chain. @throws RecordFailed */
  #fail(error: unknown): never {
    this.#inStep = false;
    throw error instanceof RecordFailed ? error : new RecordFailed("receipt log", error);
  }

  /** Owes what could not be written, unless it never can be: that must not stand in the way of the rest. */
  #owe(owed: Owed, error: unknown): void {
    this.#parts.report({ during: "receipt", cause: error });
    if (!owed.paid && !isUnwritable(error)) this.#owed.push(owed);
  }

  #pay(owed: Owed): void {
    owed.paid = true;
    this.#owed = this.#owed.filter((other) => other !== owed);
  }

  #written(entry: SealedReceipt): Receipt {
    try {
      this.#parts.observe(entry.receipt);
    } catch {
      // An observer cannot undo what is written.
    }
    return entry.receipt;
  }

  /** Brings the chain in step with the log and writes what is owed; one at a time. */
  #catchUp(): Promise<void> {
    this.#recovery ??= this.#recover().finally(() => {
      this.#recovery = null;
    });
    return this.#recovery;
  }

  async #recover(): Promise<void> {
    const { chain, log, signer, inTime } = this.#parts;
    if (!this.#inStep) {
      if (this.#outstanding > 0) {
        throw new RecordFailed("receipt log", new StorageFailed("it has not answered earlier appends yet"));
      }
      try {
        const head = await inTime("the receipt log", log.head(chain.id));
        if (head !== null) this.#latest = Math.max(this.#latest, Date.parse(head.time));
        chain.resume(head);
        if (head === null || (this.#isNew && (head.kid !== signer.kid || signer.endorsement))) {
          this.#inStep = true;
          await this.#append(keyContent(signer));
        }
        this.#isNew = false;
      } catch (error) {
        this.#fail(error);
      }
      this.#inStep = true;
    }
    for (let next = this.#owed[0]; next !== undefined; next = this.#owed[0]) {
      try {
        await this.#append(next.content, undefined, next);
      } catch (error) {
        if (!isUnwritable(error)) throw error;
        this.#parts.report({ during: "receipt", cause: error });
      }
      this.#pay(next);
    }
  }
}

function isUnwritable(error: unknown): boolean {
  return error instanceof RecordFailed && error.part === "content";
}
