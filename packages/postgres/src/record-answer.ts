import type { Amounts, Balance, Claim, ReleaseResult, SettleResult } from "@tollgate/core";
import type { LeasedGrant, Recorded, Standing } from "@tollgate/core/driver";
import { chargesOf } from "./charges.ts";
import type { Answer } from "./database.ts";
import { listOf } from "./holds.ts";
import { nameOf, type SentGrants } from "./record-request.ts";

/** A changed balance: budget, partition, window, unit, endsAt, limit, spent, held. */
type ChangedBalance = readonly [string, string, string, string, number | null, string | null, string, string];

/** Reads what `tollgate.record` answered to grants that went there as `sent`. */
export function recordedAnswer(
  { grants, sent, places, leaseIds }: SentGrants,
  { rows: [row], isRepeat }: Answer,
): Recorded {
  const balances = (JSON.parse(row?.balances ?? "[]") as readonly ChangedBalance[]).map(toBalance);
  const answers = row?.answers == null ? sent.map(newAnswer) : listOf(row.answers);
  const standings = lateStandings(sent, answers, balances);
  const told = new Set<number>();
  const endings = grants.map(({ reservation: { claims }, ending }, nth) => {
    const place = places[nth] ?? null;
    const answer = place === null ? "was_unknown" : (answers[place] ?? "");
    if (place === null || answer === "was_unknown") return { status: "conflict", ended: "unknown" } as const;
    if (ending === null) return null;
    const isFirst = !told.has(place);
    told.add(place);
    const words = wordsOf(answer, !isFirst, isRepeat && isFirst);
    if (ending.outcome === "released") return released(words);
    return settled(words, claims, standings.get(place) ?? [], ending.amounts);
  });
  return {
    endings,
    lost: listOf(row?.lost ?? null).map((place) => leaseIds[Number(place) - 1] ?? ""),
    balances,
  };
}

/** How a grant stands, and whether it was this record that ended it so. */
interface Words {
  readonly ended: string;
  readonly late: boolean;
  readonly isOurs: boolean;
}

/** `isTwice` for an ending after another of the same batch, `isRepeat` when a try before may have done it. */
function wordsOf(answer: string, isTwice: boolean, isRepeat: boolean): Words {
  const ended = answer.replace(/^was_/, "").replace(/_late$/, "");
  const isOurs = !isTwice && (isRepeat || !answer.startsWith("was_"));
  return { ended, late: answer.endsWith("_late"), isOurs };
}

function newAnswer({ ending }: LeasedGrant): string {
  return ending?.outcome ?? "recorded";
}

function settled(
  { ended, late, isOurs }: Words,
  claims: readonly Claim[],
  standings: readonly Standing[],
  amounts: Amounts,
): SettleResult {
  if (ended === "released" || ended === "otherwise") return { status: "conflict", ended: "released" };
  if (!isOurs) return { status: "conflict", ended: "settled", late };
  return { status: "settled", charges: chargesOf(claims, standings, amounts, late), late };
}

function released({ ended, isOurs }: Words): ReleaseResult {
  if (ended === "settled" || ended === "expired") return { status: "conflict", ended };
  if (ended === "otherwise") return { status: "conflict", ended: "released", otherwise: true };
  return isOurs ? { status: "released" } : { status: "conflict", ended: "released" };
}

/**
 * What stood on the balances before each settlement that came after expiry, by the grant's place: as if they had
 * been booked one after another, after all else of the batch.
 */
function lateStandings(
  sent: readonly LeasedGrant[],
  answers: readonly string[],
  balances: readonly Balance[],
): ReadonlyMap<number, readonly Standing[]> {
  const found = new Map<number, readonly Standing[]>();
  const now = new Map<string, Standing>(balances.map((balance) => [nameOf(balance), balance]));
  for (let place = sent.length - 1; place >= 0; place--) {
    const { reservation, ending } = sent[place] as LeasedGrant;
    if (answers[place] !== "settled_late" || ending?.outcome !== "settled") continue;
    for (const claim of reservation.claims) {
      const name = nameOf(claim);
      const { spent, held } = now.get(name) ?? { spent: 0n, held: 0n };
      now.set(name, { spent: spent - actualOf(claim, ending.amounts), held });
    }
    found.set(
      place,
      reservation.claims.map((claim) => now.get(nameOf(claim)) as Standing),
    );
  }
  return found;
}

function actualOf({ unit, amount }: Claim, amounts: Amounts): bigint {
  return Object.hasOwn(amounts, unit) ? (amounts[unit] ?? amount) : amount;
}

function toBalance([budget, partition, window, unit, endsAt, limit, spent, held]: ChangedBalance): Balance {
  return {
    budget,
    partition,
    window,
    endsAt,
    unit,
    limit: limit === null ? null : BigInt(limit),
    spent: BigInt(spent),
    held: BigInt(held),
  };
}
