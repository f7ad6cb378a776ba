import { printableText } from "@tollgate/core/export";
import { good } from "../cli-error.ts";
import { withPool } from "../postgres-store.ts";
import { requiredStore, type StoreOption } from "../store-name.ts";
import type { Terminal } from "../terminal.ts";
import { withStore } from "../with-store.ts";

/** Brings the schema of a PostgreSQL database up to date; looks at that of an SQLite file. */
export async function migrate(options: StoreOption, { out }: Terminal): Promise<number> {
  const store = requiredStore(options);
  const shown = printableText(store.shown);
  if (store.kind === "sqlite") {
    await withStore(store, () => Promise.resolve());
    await out.write(`nothing to do: the schema of ${shown} fits, and opening a file makes what it lacks\n`);
  } else {
    await withPool(store, ({ postgres, pool }) => postgres.migrate(pool));
    await out.write(`the schema tollgate of ${shown} is up to date\n`);
  }
  return good;
}
