import { InvalidConfig } from "../errors.ts";
import type { CheckpointHead } from "./receipt.ts";
import { SeenDigests } from "./seen-digests.ts";
import type { VerifyRules } from "./verify-options.ts";
import type { Break, Flaw } from "./verify-report.ts";

/** A receipt that somebody saw and that has not come yet. */
interface Awaited {
  readonly digest: string;
  /** Who saw it: the chain of a checkpoint, or null for the caller. */
  readonly by: string | null;
}

/**
 * The receipts that somebody saw: the caller, or another chain's checkpoint. Each must come with the same
 * digest, whether before or after whoever names it.
 */
export class SeenHeads {
  readonly #digests = new Map<string, SeenDigests>();
  readonly #awaited = new Map<string, Map<number, Awaited>>();

  /** @throws InvalidConfig when two of the heads given contradict each other. */
  constructor(heads: readonly CheckpointHead[]) {
    for (const [index, head] of heads.entries()) {
      if (this.expect(head, null) !== null) {
        throw new InvalidConfig(`heads[${index}]`, "another head has another digest for the same receipt");
      }
    }
  }

  /** The digest of a receipt that has come; null for one that has not, or was dropped. */
  digestAt(chain: string, seq: number): string | null {
    return this.#digests.get(chain)?.at(seq) ?? null;
  }

  /** Why a receipt that follows may not: somebody saw another in its place. */
  whyNot(chain: string, seq: number, digest: string): Flaw | null {
    const head = this.#awaited.get(chain)?.get(seq);
    return head === undefined || head.digest === digest ? null : fork(chain, seq, head.by);
  }

  /** Takes a receipt that follows; those that it leaves out were dropped, and come no more. */
  pass(chain: string, seq: number, digest: string): void {
    let digests = this.#digests.get(chain);
    if (digests === undefined) {
      digests = new SeenDigests();
      this.#digests.set(chain, digests);
    }
    const awaited = this.#awaited.get(chain);
    if (awaited !== undefined) {
      awaited.delete(seq);
      if (seq > digests.nextSeq) for (const place of awaited.keys()) if (place < seq) awaited.delete(place);
      if (awaited.size === 0) this.#awaited.delete(chain);
    }
    digests.append(seq, digest);
  }

  /** Takes a head that `by` saw, or answers that it contradicts what came or what another saw. */
  expect({ chain, seq, digest }: CheckpointHead, by: string | null): Flaw | null {
    const digests = this.#digests.get(chain);
    const passed = digests?.at(seq) ?? null;
    if (passed !== null) return passed === digest ? null : fork(chain, seq, by);
    // It was dropped: nobody can tell any more.
    if (digests !== undefined && seq < digests.nextSeq) return null;
    let awaited = this.#awaited.get(chain);
    if (awaited === undefined) {
      awaited = new Map();
      this.#awaited.set(chain, awaited);
    }
    const other = awaited.get(seq);
    if (other === undefined) awaited.set(seq, { digest, by });
    return other === undefined || other.digest === digest ? null : fork(chain, seq, by);
  }

  /**
   * What has not come by the end: of the first chain by name (in UTF-16 code units) that lacks something, its
   * first receipt. `partial` excuses chains that are absent as a whole and that only checkpoints name.
   */
  missing({ partial }: Pick<VerifyRules, "partial">): Omit<Break, "index"> | null {
    for (const chain of [...this.#awaited.keys()].sort()) {
      const seq = this.#digests.get(chain)?.nextSeq ?? 0;
      let first = Number.POSITIVE_INFINITY;
      let by: string | null = null;
      let isAsked = false;
      for (const [place, awaited] of this.#awaited.get(chain) ?? []) {
        if (place < first) [first, by] = [place, awaited.by];
        isAsked ||= awaited.by === null;
      }
      if (seq === 0 && partial && !isAsked) continue;
      const who = by === null ? "is known" : `is named by a checkpoint of chain "${by}"`;
      return seq === 0
        ? {
            reason: "missing_chain",
            chain,
            seq,
            message: `the chain is not there, but its receipt ${first} ${who}`,
          }
        : {
            reason: "missing_tail",
            chain,
            seq,
            message: `the chain ends with receipt ${seq - 1}, but receipt ${first} ${who}`,
          };
    }
    return null;
  }
}

function fork(chain: string, seq: number, by: string | null): Flaw {
  const who = by === null ? "the one that is known" : `the one that a checkpoint of chain "${by}" names`;
  return { reason: "fork", message: `receipt ${seq} of chain "${chain}" is not ${who}` };
}
