import { createReadStream } from "node:fs";
import { relative } from "node:path";
import { styleText } from "node:util";
import type { Balance, PublicJwk } from "@tollgate/core";
import {
  type ReplayedBalance,
  receiptLines,
  replayBalances,
  type VerifyReport,
  verifyChain,
} from "@tollgate/core/verify";
import { money } from "./money.ts";
import type { Screen } from "./screen.ts";

/** What is needed to check a gate's books without the gate. */
export interface Books {
  /** The receipt file. */
  readonly path: string;
  readonly publicKey: PublicJwk;
  /** What the ledger said at the end. */
  readonly ledger: readonly Balance[];
  readonly screen: Screen;
}

/** Verifies the receipt file with the public key, and works out the balances from it alone. */
export async function verifyReceipts({ path, publicKey, ledger, screen }: Books): Promise<VerifyReport> {
  screen.headline(
    "4. The receipts",
    "Each decision and each settlement is signed, and chained to the one before. With the file and the " +
      "public key anybody can check them all, and work out the balances again.",
  );
  screen.say(`file        ${relative(process.cwd(), path)}`);
  screen.say(`public key  ${publicKey.x}`);
  const report = await verifyChain(receiptLines(createReadStream(path)), { keys: [publicKey] });
  const whole = report.open === 0 && report.chains.every(({ closed }) => closed);
  screen.verdict(
    report.verdict === "authentic",
    `${report.receipts} receipts are ${report.verdict}: ${report.break?.message ?? "none changed, none missing, all signed by this key"}`,
  );
  screen.verdict(whole, "every call that was let through has its settlement, and the chain its end");

  const replayed = await replayBalances(receiptLines(createReadStream(path)));
  const row = (name: string, ...cells: readonly string[]): string => {
    const shown = screen.room() < 56 ? cells.slice(0, 2) : cells;
    return `  ${name.padEnd(18)}${shown.map((cell) => cell.padStart(9)).join("")}`;
  };
  screen.row(`\n${styleText("dim", row("budget of", "spent", "replayed", "held", "replayed"))}`);
  const equal = ledger.filter((balance) => {
    const found = replayed.find((other) => isSame(balance, other));
    const { spent, held } = found ?? { spent: 0n, held: 0n };
    const amounts = [balance.spent, spent, balance.held, held].map(money);
    screen.row(row(balance.partition.replace("session=", ""), ...amounts));
    return found !== undefined && spent === balance.spent && held === balance.held;
  });
  screen.row("");
  screen.verdict(
    ledger.length > 0 && equal.length === ledger.length && replayed.length === ledger.length,
    `${equal.length} of ${ledger.length} balances replayed from the receipts equal the ledger's`,
  );
  return report;
}

function isSame(a: Balance, b: ReplayedBalance): boolean {
  return a.budget === b.budget && a.partition === b.partition && a.window === b.window && a.unit === b.unit;
}
