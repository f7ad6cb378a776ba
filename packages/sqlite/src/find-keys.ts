import type { OpenFile } from "./open-file.ts";

/** Asks for the keys of ids, which are given twice, each time as a JSON array. */
export const keysOfIds: string = `
  SELECT id, name AS key FROM live WHERE kind = 1 AND id IN (SELECT value FROM json_each(?))
  UNION ALL
  SELECT id, key FROM ended WHERE key <> id AND state <> 'refused' AND id IN (SELECT value FROM json_each(?))`;

/**
 * The keys of reservations by id, where they are known and another than the id.
 *
 * By an index of those alone: a look at every reservation, after a crash, would keep all decisions waiting for seconds
 * where there are a million.
 */
export async function findKeys(file: OpenFile, ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
  if (ids.length === 0) return new Map();
  const list = JSON.stringify(ids);
  const find = file.database.prepare(keysOfIds);
  const rows = await file.read(() => find.all(list, list));
  return new Map(rows.map(({ id, key }) => [id as string, key as string]));
}
