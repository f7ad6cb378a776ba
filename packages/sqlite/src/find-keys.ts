import type { OpenFile } from "./open-file.ts";

/** How many ended reservations are looked at in one go: a few milliseconds' work. */
const pageRows = 5000;

/**
 * The keys of reservations by id, where they are known.
 *
 * Looks at every reservation, a page at a time: an index would have to be written with each of them, for what is asked
 * after a crash alone.
 */
export async function findKeys(file: OpenFile, ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const keys = new Map<string, string>();
  if (ids.length === 0) return keys;
  const list = JSON.stringify(ids);
  const { database } = file;
  const ofOpen = database.prepare(
    "SELECT id, name AS key FROM live WHERE kind = 1 AND id IN (SELECT value FROM json_each(?))",
  );
  const pageEnd = database.prepare("SELECT key FROM ended WHERE key > ? ORDER BY key LIMIT 1 OFFSET ?");
  const ofEnded = database.prepare(
    `SELECT id, key FROM ended WHERE key > ? AND (? IS NULL OR key <= ?) AND state <> 'refused'
       AND id IN (SELECT value FROM json_each(?))`,
  );
  const take = (rows: readonly Record<string, unknown>[]): void => {
    for (const { id, key } of rows) keys.set(id as string, key as string);
  };
  take(await file.read(() => ofOpen.all(list)));
  for (let after: string | null = ""; after !== null && keys.size < ids.length; ) {
    const from: string = after;
    const until = await file.read(() => pageEnd.get(from, pageRows)?.key as string | undefined);
    take(await file.read(() => ofEnded.all(from, until ?? null, until ?? null, list)));
    after = until ?? null;
    // Others get their turn between two pages.
    await new Promise((go) => setImmediate(go));
  }
  return keys;
}
