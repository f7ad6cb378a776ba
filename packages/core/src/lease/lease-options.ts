import { type AmountInput, parseAmount } from "../action/amounts.ts";
import { readObject, readWhole } from "../action/config-values.ts";
import { type Clock, systemClock } from "../clock.ts";
import { createIds } from "../codec/uuidv7.ts";
import { InvalidConfig } from "../errors.ts";
import { type AskInTime, askInTime } from "./ask-in-time.ts";

/** How a process takes leases. */
export interface LeaseOptions {
  /**
   * How much to take at once, for each unit that is to be leased: `"$1.00"`, or `["$1.00", "200k tokens"]`.
   *
   * Many times what a call costs: what asks for more than half of a slice is decided by the shared ledger, and so is
   * every budget in another unit.
   */
  readonly slice: AmountInput | readonly AmountInput[];
  /**
   * How long a lease lives beyond the last reservation that can be granted out of it, in milliseconds: so much longer
   * than a reservation of its own the money of a process that died stays held. A lease that is not used for as long is
   * given back.
   *
   * @default 10_000
   */
  readonly ttl?: number;
  /** The gate's clock. @default the system's clock */
  readonly clock?: Clock;
}

/** Lease options, checked. */
export interface LeaseTerms {
  /** By unit. */
  readonly slices: ReadonlyMap<string, bigint>;
  readonly ttl: number;
  readonly clock: Clock;
  /** Makes ids that are unique for ever. */
  readonly newId: () => string;
  readonly inTime: AskInTime;
}

/** @throws InvalidConfig for options that make no sense. */
export function readLeaseOptions(options: LeaseOptions): LeaseTerms {
  readObject(options, "options", ["slice", "ttl", "clock"]);
  const { slice, ttl = 10_000, clock = systemClock } = options;
  readWhole(ttl, "ttl", 1);
  const slices = new Map<string, bigint>();
  for (const input of Array.isArray(slice) ? (slice as readonly AmountInput[]) : [slice as AmountInput]) {
    const { unit, amount } = parseAmount(input, "slice");
    if (slices.has(unit)) throw new InvalidConfig("slice", `there are two for ${unit}`);
    if (amount < 2n) throw new InvalidConfig("slice", `${amount} ${unit} cannot be divided`);
    slices.set(unit, amount);
  }
  if (slices.size === 0) throw new InvalidConfig("slice", 'expected "$1.00", or ["$1.00", "200k tokens"]');
  const idAt = createIds();
  const newId = (): string => idAt(Math.max(0, Math.trunc(clock.now())));
  return { slices, ttl, clock, newId, inTime: askInTime(clock) };
}
