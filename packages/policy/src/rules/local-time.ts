import { type LocalDates, localDates } from "@tollgate/core/policy";
import { weekdays } from "../cel/vocabulary.ts";

const minuteMs = 60_000;
const dayMs = 86_400_000;

/** Tells what the clock on the wall shows in one time zone. */
export class LocalTime {
  readonly zone: string;
  readonly #dates: LocalDates;
  #minute = Number.NaN;
  #offset = 0;

  constructor(zone: string) {
    this.zone = zone;
    this.#dates = localDates(zone);
  }

  /** The members of `time` at an instant, worked out when they are looked at. */
  at(now: number): Readonly<Record<string, unknown>> {
    return new Shown(now, this);
  }

  /** How far local time is ahead of UTC; asked of the platform once a minute, since that is slow. */
  offsetAt(now: number): number {
    const minute = Math.floor(now / minuteMs);
    if (minute !== this.#minute) {
      this.#offset = this.#dates.offsetAt(now);
      this.#minute = minute;
    }
    return this.#offset;
  }
}

class Shown implements Record<string, unknown> {
  [member: string]: unknown;
  readonly #now: number;
  readonly #time: LocalTime;

  constructor(now: number, time: LocalTime) {
    this.#now = now;
    this.#time = time;
  }

  get now(): bigint {
    return BigInt(Math.floor(this.#now));
  }

  get zone(): string {
    return this.#time.zone;
  }

  get hour(): bigint {
    return BigInt(Math.floor((this.#local % dayMs) / (60 * minuteMs)));
  }

  get minute(): bigint {
    return BigInt(Math.floor((this.#local % (60 * minuteMs)) / minuteMs));
  }

  get weekday(): string {
    return weekdays[(new Date(this.#local).getUTCDay() + 6) % 7] ?? "";
  }

  get date(): string {
    return new Date(this.#local).toISOString().slice(0, 10);
  }

  get #local(): number {
    return this.#now + this.#time.offsetAt(this.#now);
  }
}
