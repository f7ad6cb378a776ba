// Tries to use a ledger as a user who may not: `node read-only.process.ts <path>`.
import { TollgateError } from "@tollgate/core";
import { sqliteLedger } from "@tollgate/sqlite";

const [, , path = ""] = process.argv;
const nobody = 65_534;
if (process.getuid?.() === 0) {
  process.setgid?.(nobody);
  process.setuid?.(nobody);
}
try {
  const ledger = sqliteLedger(path);
  await ledger.close();
  console.log("it could be opened");
} catch (error) {
  console.log(TollgateError.is(error) ? `${error.code} ${error.message}` : String(error));
}
