import type { Clock } from "../clock.ts";
import { createIds } from "../codec/uuidv7.ts";
import { createChain, keyContent, type ReceiptChain, type ReceiptContent } from "../receipt/chain.ts";
import type { Receipt } from "../receipt/receipt.ts";
import type { ReceiptLog, SealedReceipt } from "../receipt/receipt-log.ts";
import type { Signer } from "../receipt/signer.ts";

/** What the names of operators' chains begin with; gates' are UUIDs unless they are given. */
export const operatorPrefix: string = "operator-";

/** A receipt that was sent to the log, which has not said that it has it. */
interface Unsure {
  readonly content: ReceiptContent;
  readonly entry: SealedReceipt;
}

/**
 * One operator's chain of receipts: begun with its first receipt, and taken up again after failures of the log.
 *
 * To be asked for one thing after another.
 */
export class OperatorChain {
  readonly #chain: ReceiptChain;
  readonly #log: ReceiptLog;
  readonly #signer: Signer;
  readonly #clock: Clock;
  /** What has happened and is not on record yet, the oldest first. */
  #owed: ReceiptContent[] = [];
  #unsure: Unsure | null = null;

  constructor(log: ReceiptLog, signer: Signer, clock: Clock) {
    const newId = createIds();
    this.#chain = createChain({ chain: operatorPrefix + newId(clock.now()), signer, newId });
    this.#log = log;
    this.#signer = signer;
    this.#clock = clock;
  }

  /** Writes what has happened, and before it what is owed. When that fails it is owed itself. */
  async write(content: ReceiptContent): Promise<Receipt> {
    this.#owed.push(content);
    const written = await this.flush();
    return written as Receipt;
  }

  /** Writes what is owed; answers the last receipt, or null when nothing was. */
  async flush(): Promise<Receipt | null> {
    let last: Receipt | null = null;
    for (let next = this.#owed[0]; next !== undefined; next = this.#owed[0]) {
      last = await this.#append(next);
      this.#owed.shift();
    }
    return last;
  }

  /** Writes what is owed and ends the chain, if there is anything in it. */
  async close(): Promise<void> {
    await this.flush();
    if (this.#chain.head !== null && !this.#chain.head.closed) await this.write({ type: "close" });
  }

  async #append(content: ReceiptContent): Promise<Receipt> {
    const kept = await this.#catchUp();
    if (kept?.content === content) return kept.entry.receipt;
    if (this.#chain.head === null) await this.#send(keyContent(this.#signer));
    return this.#send(content);
  }

  /** Goes to where the log has the chain; answers what was thought to be lost and is there. */
  async #catchUp(): Promise<Unsure | null> {
    const unsure = this.#unsure;
    if (unsure === null) return null;
    const head = await this.#log.head(this.#chain.id);
    const isKept = head?.digest === unsure.entry.digest;
    // Where it was kept, the chain stands there already.
    if (!isKept) this.#chain.resume(head);
    this.#unsure = null;
    return isKept ? unsure : null;
  }

  async #send(content: ReceiptContent): Promise<Receipt> {
    const entry = this.#chain.seal(content, this.#clock.now());
    this.#unsure = { content, entry };
    await this.#log.append(entry);
    this.#unsure = null;
    return entry.receipt;
  }
}
