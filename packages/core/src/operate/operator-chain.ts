import type { Clock } from "../clock.ts";
import { createIds } from "../codec/uuidv7.ts";
import { createChain, keyContent, type ReceiptChain, type ReceiptContent } from "../receipt/chain.ts";
import type { Receipt, ReceiptBody } from "../receipt/receipt.ts";
import type { ReceiptLog, SealedReceipt } from "../receipt/receipt-log.ts";
import type { Signer } from "../receipt/signer.ts";

/** What the names of operators' chains begin with; gates' are UUIDs unless they are given. */
export const operatorPrefix: string = "operator-";

/** How long before it was owed a receipt by another process may be dated, by another clock. */
const earlierMs = 5 * 60 * 1000;

/** What has happened and is not on record yet. */
interface Owed {
  readonly content: ReceiptContent;
  /** When it happened. */
  readonly since: number;
  /** True once it could not be written. */
  failed: boolean;
}

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
  /** The oldest first. */
  #owed: Owed[] = [];
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
    this.#owed.push({ content, since: this.#clock.now(), failed: false });
    const written = await this.flush();
    return written as Receipt;
  }

  /** Writes what happens only once it is on record, and before it what is owed. When that fails it is not owed. */
  async writeAhead(content: ReceiptContent): Promise<Receipt> {
    try {
      return await this.write(content);
    } catch (cause) {
      this.#owed = this.#owed.filter((owed) => owed.content !== content);
      throw cause;
    }
  }

  /** Writes what is owed; answers the last receipt, or null when nothing was. */
  async flush(): Promise<Receipt | null> {
    let last: Receipt | null = null;
    for (let next = this.#owed[0]; next !== undefined; next = this.#owed[0]) {
      try {
        last = await this.#append(next);
      } catch (cause) {
        next.failed = true;
        throw cause;
      }
      this.#owed.shift();
    }
    return last;
  }

  /** Writes what is owed and ends the chain, if there is anything in it. */
  async close(): Promise<void> {
    await this.flush();
    if (this.#chain.head !== null && !this.#chain.head.closed) await this.write({ type: "close" });
  }

  async #append({ content, since, failed }: Owed): Promise<Receipt> {
    const kept = await this.#catchUp();
    if (kept?.content === content) return kept.entry.receipt;
    // What a store misses it has somebody else write, and it may stand in the log only once.
    const told = failed ? await this.#findTold(content, since) : null;
    if (told !== null) return told;
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

  /** What another process wrote of the end of a decision, or of a step of an approval; null when nobody did. */
  async #findTold(content: ReceiptContent, since: number): Promise<Receipt | null> {
    const isTold = toldBy(content);
    if (isTold === null) return null;
    for await (const receipt of this.#log.read({ from: since - earlierMs })) {
      if (isTold(receipt.body)) return receipt;
    }
    return null;
  }

  async #send(content: ReceiptContent): Promise<Receipt> {
    const entry = this.#chain.seal(content, this.#clock.now());
    this.#unsure = { content, entry };
    await this.#log.append(entry);
    this.#unsure = null;
    return entry.receipt;
  }
}

/** Whether a receipt tells of the same; null for what nobody else tells of. */
function toldBy(content: ReceiptContent): ((body: ReceiptBody) => boolean) | null {
  if (content.type === "settlement") {
    const hold = content.reservation ?? content.decision;
    return (body) => body.type === "settlement" && (body.reservation ?? body.decision) === hold;
  }
  if (content.type !== "approval") return null;
  const { approval, status } = content;
  return (body) => body.type === "approval" && body.approval === approval && body.status === status;
}
