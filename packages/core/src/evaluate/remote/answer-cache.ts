import { sha256Hex } from "#sha256";
import { canonicalJson } from "../../codec/canonical-json.ts";
import type { RemoteAnswer } from "./remote-answer.ts";

/** How answers are kept. */
export interface AnswerCacheOptions {
  /** @default 1000 */
  readonly maxEntries?: number;
  /** How long an answer is kept, in milliseconds; so long may a change of policy go unnoticed. @default 5000 */
  readonly ttlMs?: number;
  /**
   * The version in force, where something else tells it, such as a subscription: answers of another are neither
   * used nor kept. @default the version of the latest answer
   */
  readonly policyVersion?: () => string | undefined;
  /**
   * What becomes of answers of which the server does not say whether they may be kept. `keep` is right only if no
   * policy there looks at budgets, counts or the time. @default "ask" (not kept)
   */
  readonly unmarked?: "ask" | "keep";
}

interface Kept {
  readonly answer: RemoteAnswer;
  readonly until: number;
}

/** Takes in the answer to one question. */
export type KeepAnswer = (answer: RemoteAnswer, now: number) => void;

/**
 * Answers of a policy server by the policy's version and the digest of the question.
 *
 * An answer is kept only where it names its version and may be given again. One that asks for approval is never
 * kept: each approval is for one call. A new version empties the cache.
 */
export class AnswerCache {
  readonly #options: Required<Omit<AnswerCacheOptions, "policyVersion">>;
  readonly #inForce: (() => string | undefined) | undefined;
  /** The least recently used first. */
  readonly #kept = new Map<string, Kept>();
  #version: string | undefined;

  constructor({ maxEntries = 1000, ttlMs = 5000, unmarked = "ask", policyVersion }: AnswerCacheOptions) {
    this.#options = { maxEntries, ttlMs, unmarked };
    this.#inForce = policyVersion;
  }

  /** The kept answer to a question, or what takes in the answer that is to come. */
  look(question: unknown, now: number): RemoteAnswer | KeepAnswer {
    const digest = sha256Hex(canonicalJson(question));
    const asked = this.#follow(this.#inForce?.() ?? this.#version);
    const kept = this.#kept.get(digest);
    if (kept !== undefined) {
      this.#kept.delete(digest);
      if (now < kept.until) {
        this.#kept.set(digest, kept);
        return kept.answer;
      }
    }
    return (answer, at) => this.#take(digest, answer, at, asked);
  }

  /** Goes over to a version; whatever was kept of another is gone. */
  #follow(version: string | undefined): string | undefined {
    if (version !== this.#version) this.#kept.clear();
    this.#version = version;
    return version;
  }

  #take(digest: string, answer: RemoteAnswer, now: number, asked: string | undefined): void {
    const { policyVersion, decision, cacheable } = answer;
    const { maxEntries, ttlMs, unmarked } = this.#options;
    if (policyVersion === undefined) return;
    // Another answer brought a new version while this one was on its way: it may be of the old one.
    if (this.#version !== asked) return;
    if (this.#inForce === undefined) this.#follow(policyVersion);
    if (policyVersion !== this.#version) return;
    if (decision === "require_approval" || !(cacheable ?? unmarked === "keep")) return;
    // The id is of the question that was asked, not of the next one.
    const { id: _, ...again } = answer;
    this.#kept.set(digest, { answer: again, until: now + ttlMs });
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= maxEntries) break;
      this.#kept.delete(oldest);
    }
  }
}
