import { readWhole } from "../action/config-values.ts";
import { systemClock } from "../clock.ts";
import { type EndorseOptions, endorse, withEndorsement } from "./endorse.ts";
import { createSigner } from "./local-signer.ts";
import type { RootSigner } from "./root-signer.ts";
import type { Signer } from "./signer.ts";

/** How a gate's keys are renewed. */
export interface RenewOptions extends Omit<EndorseOptions, "notBefore"> {
  /** How long each key signs before the next one does, in milliseconds. @default half of `ttlMs` */
  readonly everyMs?: number;
  /** Hears of each renewal that failed; it is tried again ten times as often until it works. */
  readonly onFailure?: (cause: unknown) => void;
}

/** Timers take no longer delays: with more they fire at once. */
const longestMs = 2_147_483_647;

/**
 * A signer whose new key lives in this process alone and which a root vouches for.
 *
 * @throws what {@link endorse} throws.
 */
export async function endorsedSigner(root: RootSigner, options: EndorseOptions): Promise<Signer> {
  const signer = createSigner();
  return withEndorsement(signer, await endorse(root, signer, options));
}

/**
 * Has a gate go over to a new key, which the root endorses, time after time, so that none of its keys is good
 * for long; answers what ends that, to be called before the gate is closed.
 *
 * Make the gate with an {@link endorsedSigner} for the first key. Nothing waits for a renewal; a gate whose key
 * has run out denies until one works.
 *
 * @throws InvalidConfig when an option makes no sense.
 */
export function renewKeys(
  gate: { rotate(signer: Signer): Promise<void> },
  root: RootSigner,
  options: RenewOptions,
): () => void {
  const { onFailure, everyMs = Math.max(1, Math.floor(options.ttlMs / 2)), ...endorsing } = options;
  const { clock = systemClock } = options;
  readWhole(options.ttlMs, "ttlMs", 1);
  readWhole(everyMs, "everyMs", 1);
  let isOver = false;
  let timer: unknown;
  const schedule = (delayMs: number): void => {
    timer = clock.setTimer(() => void renew(), Math.min(delayMs, longestMs));
  };
  const renew = async (): Promise<void> => {
    let nextMs = everyMs;
    try {
      const signer = await endorsedSigner(root, endorsing);
      if (!isOver) await gate.rotate(signer);
    } catch (cause) {
      nextMs = Math.max(1, Math.floor(everyMs / 10));
      try {
        onFailure?.(cause);
      } catch {
        // Whoever only listens cannot end the renewals.
      }
    }
    if (!isOver) schedule(nextMs);
  };
  schedule(everyMs);
  return () => {
    isOver = true;
    clock.clearTimer(timer);
  };
}
