import { StorageFailed } from "../errors.ts";
import type { LeasedGrant, LeasingLedger, Recorded } from "../ledger/leasing.ts";
import type { AskInTime } from "./ask-in-time.ts";
import type { OpenGrant } from "./open-grant.ts";

/** A grant as it was told: it may get an ending while it is under way. */
export interface ToldGrant {
  readonly grant: OpenGrant;
  readonly sent: LeasedGrant;
}

/** Who is told how each grant fared. */
export interface TellListener {
  /** `doubt` is why nobody knows whether they were told before; null where they were not. */
  told(part: readonly ToldGrant[], recorded: Recorded, doubt: unknown): void;
  /** The shared ledger does not take this one, though it answers otherwise. */
  refused(one: ToldGrant, error: unknown): void;
  /** It is not known whether these were told, or they were not. */
  failed(rest: readonly ToldGrant[], error: unknown): void;
}

/** After how many failures without a success between them the ledger counts as away: more than halving 500 takes. */
const maxFailures = 16;

/** Tells the shared ledger of grants, and finds those that it does not take. */
export class GrantTeller {
  readonly #ledger: LeasingLedger;
  readonly #inTime: AskInTime;
  readonly #listener: TellListener;

  constructor(ledger: LeasingLedger, inTime: AskInTime, listener: TellListener) {
    this.#ledger = ledger;
    this.#inTime = inTime;
    this.#listener = listener;
  }

  /**
   * Tells all grants at once, and where that fails though the ledger answers, in halves: one that cannot be told must
   * not keep the others from it. Gives up when the ledger is away.
   */
  async tell(batch: readonly OpenGrant[]): Promise<void> {
    const parts = [batch.map(asTold)];
    let failures = 0;
    let doubt: unknown = null;
    for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
      try {
        const recorded = await this.#record(part);
        failures = 0;
        this.#listener.told(part, recorded, doubt);
      } catch (error) {
        doubt = error;
        failures += 1;
        if (failures > maxFailures || !(await this.#answers())) {
          this.#listener.failed([...part, ...parts.reverse().flat()], error);
          return;
        }
        const [only] = part;
        const middle = part.length >> 1;
        if (middle > 0) parts.push(part.slice(middle), part.slice(0, middle));
        else if (only !== undefined) this.#listener.refused(only, error);
      }
    }
  }

  async #record(part: readonly ToldGrant[]): Promise<Recorded> {
    const recorded = await this.#inTime(() => this.#ledger.record(part.map(({ sent }) => sent)));
    const { endings, lost, balances } = recorded;
    if (endings.length === part.length && Array.isArray(lost) && Array.isArray(balances)) return recorded;
    throw new StorageFailed("the ledger answered nonsense");
  }

  /** Whether the ledger answers at all. */
  async #answers(): Promise<boolean> {
    try {
      await this.#inTime(() => this.#ledger.nextExpiry());
      return true;
    } catch {
      return false;
    }
  }
}

function asTold(grant: OpenGrant): ToldGrant {
  const { reservation, leases, ending } = grant;
  return { grant, sent: { reservation, leases: leases.map((lease) => lease.reservation), ending } };
}
