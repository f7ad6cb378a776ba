import { readWhole } from "../action/config-values.ts";
import { given } from "../codec/given.ts";
import { InvalidAction, InvalidConfig } from "../errors.ts";
import type { ReceiptChain, ReceiptContent } from "./chain.ts";
import { ChainTree } from "./chain-tree.ts";
import type { CheckpointPlan, FollowedChain } from "./checkpoint-plan.ts";
import { chainOrigin, formatCheckpoint } from "./checkpoint-text.ts";
import type { CheckpointHead } from "./receipt.ts";
import type { ChainHead, SealedReceipt } from "./receipt-log.ts";
import { signBytes } from "./sign-body.ts";
import type { Signer } from "./signer.ts";

/** When checkpoints are written; besides there is one right before a chain is closed. */
export interface CheckpointOptions {
  /** After so many receipts. @default 1000 */
  readonly every?: number;
  /** At the latest so many milliseconds after a receipt. @default 60000 (1 minute) */
  readonly everyMs?: number;
}

/**
 * The heads of other chains that one checkpoint names at most, the newest: it must fit into a line of a log.
 */
const maxHeads = 10_000;

/**
 * Signed checkpoints for a gate's chain: how many receipts it has, the Merkle root over them (RFC 6962), and where
 * the log's other chains end, so that neither a cut end nor a chain that is gone as a whole goes unnoticed.
 *
 * Nothing waits for a checkpoint. One that cannot be written is told of as a failure (`during: "checkpoint"`) and
 * tried again after `everyMs`. To go on with a chain of an earlier process its receipts
 * are read from the log, once and in the background; until then it gets no checkpoints.
 *
 * @throws InvalidConfig when an option makes no sense.
 */
export function checkpoints({ every = 1000, everyMs = 60_000 }: CheckpointOptions = {}): CheckpointPlan {
  readWhole(every, "every", 1);
  // Timers take no longer delays than 2^31 - 1 milliseconds: with more they fire at once.
  if (readWhole(everyMs, "everyMs", 1) > 2_147_483_647) throw new InvalidConfig("everyMs", "is too long");
  return { follow: (parts) => new CheckpointedChain(parts, every, everyMs) };
}

class CheckpointedChain implements ReceiptChain {
  readonly id: string;
  readonly #parts: FollowedChain;
  readonly #every: number;
  readonly #everyMs: number;
  readonly #tree: ChainTree;
  readonly #signers = new Map<string, Signer>();
  #timer: unknown = null;
  #writing: Promise<void> | null = null;
  /** True when some receipt has waited for long enough. */
  #isOverdue = false;
  /** True from a failure until the timer has run down: what fails is not tried with every receipt. */
  #isResting = false;
  #isFinished = false;

  constructor(parts: FollowedChain, every: number, everyMs: number) {
    this.id = parts.chain.id;
    this.#parts = parts;
    this.#every = every;
    this.#everyMs = everyMs;
    this.#tree = new ChainTree(parts);
    this.#signers.set(parts.signer.kid, parts.signer);
  }

  get head(): ChainHead | null {
    return this.#parts.chain.head;
  }

  admit(signer: Signer): void {
    this.#signers.set(signer.kid, signer);
    this.#parts.chain.admit(signer);
  }

  seal(content: ReceiptContent, now: number): SealedReceipt {
    const entry = this.#parts.chain.seal(content.type === "checkpoint" ? this.#fill(content) : content, now);
    this.#tree.add(entry);
    this.#schedule();
    return entry;
  }

  resume(head: ChainHead | null): void {
    this.#parts.chain.resume(head);
    this.#tree.goTo(head);
    this.#schedule();
  }

  async finish(): Promise<void> {
    this.#isFinished = true;
    this.#stopTimer();
    const last = async (): Promise<void> => {
      await this.#writing;
      await this.#write();
    };
    try {
      await this.#parts.inTime("the last checkpoint", last());
    } catch (cause) {
      this.#parts.report({ during: "checkpoint", cause });
    }
    this.#tree.stop();
  }

  /** How many receipts no checkpoint covers; null when nobody knows. */
  get #uncovered(): number | null {
    const { tip } = this.#tree;
    return tip === null ? null : tip.tree.size - tip.covered;
  }

  /** The checkpoint as of now, when it is sealed: what was to be said is where other chains end. */
  #fill(content: Extract<ReceiptContent, { type: "checkpoint" }>): ReceiptContent {
    const { tip } = this.#tree;
    const { head } = this;
    const signer = this.#signers.get(head?.kid ?? "");
    // Whatever happens, no root is signed but that of the chain as it is; this one will be asked for again.
    if (signer === undefined || tip === null || tip.digest !== head?.digest) {
      throw new InvalidAction("the receipts before the checkpoint are not known");
    }
    const size = tip.tree.size;
    const root = tip.tree.root();
    const origin = chainOrigin(this.id);
    const note =
      origin === null
        ? undefined
        : signBytes(signer, new TextEncoder().encode(formatCheckpoint({ origin, size, root })));
    return given({ ...content, size, root, note });
  }

  #schedule(): void {
    const uncovered = this.#uncovered;
    if (this.#isFinished) return;
    if (uncovered === 0) this.#isOverdue = false;
    if (uncovered === 0 && !this.#isResting) {
      this.#stopTimer();
      return;
    }
    this.#timer ??= this.#parts.clock.setTimer(() => {
      this.#timer = null;
      this.#isOverdue = true;
      this.#isResting = false;
      this.#ask();
    }, this.#everyMs);
    if ((uncovered === null || uncovered >= this.#every) && !this.#isResting) this.#ask();
  }

  #stopTimer(): void {
    if (this.#timer !== null) this.#parts.clock.clearTimer(this.#timer);
    this.#timer = null;
  }

  #ask(): void {
    this.#writing ??= this.#write()
      .catch((cause: unknown) => {
        this.#isResting = true;
        this.#parts.report({ during: "checkpoint", cause });
      })
      .finally(() => {
        this.#writing = null;
        this.#schedule();
      });
  }

  async #write(): Promise<void> {
    // Also when it is known already: the receipt that made it due is sealed, but not appended yet.
    await this.#tree.ready();
    const uncovered = this.#uncovered ?? 0;
    const isDue = this.#isOverdue || this.#isFinished || uncovered >= this.#every;
    if (uncovered === 0 || !isDue) return;
    const heads = await this.#otherHeads();
    await this.#parts.write(given({ type: "checkpoint", size: 0, root: "", heads }));
  }

  async #otherHeads(): Promise<readonly CheckpointHead[] | undefined> {
    const { log, inTime } = this.#parts;
    const all = await inTime("the receipt log", log.heads?.() ?? []);
    const newest = all
      .filter(({ chain }) => chain !== this.id)
      .sort((a, b) => (a.time < b.time ? 1 : -1))
      .slice(0, maxHeads);
    if (newest.length === 0) return undefined;
    return newest
      .map(({ chain, seq, digest }) => ({ chain, seq, digest }))
      .sort((a, b) => (a.chain < b.chain ? -1 : 1));
  }
}
