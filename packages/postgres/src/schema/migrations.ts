import { approvalFunctions } from "./approval-functions.ts";
import { endFunctions } from "./end-functions.ts";
import { ledgerTables } from "./ledger-tables.ts";
import { receiptFunctions } from "./receipt-functions.ts";
import { receiptTables } from "./receipt-tables.ts";
import { recordFunction } from "./record-function.ts";
import { replayFunction } from "./replay-function.ts";
import { reserveFunction } from "./reserve-function.ts";
import { stopFunction } from "./stop-function.ts";
import { untoldFunction } from "./untold-function.ts";
import { upkeepFunctions } from "./upkeep-functions.ts";

/** One step of the schema; never changed once it was released. */
export interface Migration {
  readonly version: number;
  readonly sql: string;
}

/** Functions can be called by everybody unless that is taken back. */
const revoke = `
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA tollgate FROM PUBLIC;
`;

/** All steps, in order, from 1 without gaps. */
export const migrations: readonly Migration[] = [
  {
    version: 1,
    sql: [
      ledgerTables,
      receiptTables,
      reserveFunction,
      endFunctions,
      untoldFunction,
      recordFunction,
      receiptFunctions,
      approvalFunctions,
      stopFunction,
      replayFunction,
      upkeepFunctions,
      revoke,
    ].join("\n"),
  },
];

/** The schema that this package works with. */
export const schemaVersion: number = migrations.length;
