/** Marks a file as Tollgate's: "TGAT" in its header. */
export const applicationId: number = 0x54_47_41_54;

/** The version of the schema that this code reads and writes. */
export const schemaVersion: number = 1;

/**
 * Makes an empty file Tollgate's.
 *
 * What every decision changes is small and stands in one tree, `live`, so that a decision writes one page of it
 * and not one of each table: balances (kind 0: budget, unit, window, partition), open reservations (kind 1:
 * key), and when they expire (kind 2: time, key). Whoever wants to look uses the views.
 *
 * `ended` keeps every key that was used: settled, settled late, released, expired or refused. `data` is what a
 * settled one was charged, what an expired one still needs to settle, or what a refused one is answered. By its id is
 * found only what has a key that somebody chose: a gate's own keys are ids.
 *
 * `approvals` keeps what people are asked, with what else the request and the answer say as JSON; `approval_steps` what
 * has become of them, as JSON, until somebody says that it is on record; `stops` what is
 * stopped, with names and reasons as JSON texts, and without a reason what was and is lifted; its positions are given
 * once, so that whoever looks for changes misses none.
 *
 * `shown` are the fingerprints of tokens that are good once, until an hour after they expire.
 *
 * `watched` are reservations whose ending may be without its receipt in this file: they are looked at when they are
 * due. How far receipts were looked through for decisions without an ending stands in `looked_through`.
 */
export const schemaSql: string = `
CREATE TABLE live (
  kind INTEGER NOT NULL,
  name ANY NOT NULL,
  unit TEXT NOT NULL,
  span TEXT NOT NULL,
  part TEXT NOT NULL,
  id TEXT,
  digest TEXT,
  claims TEXT,
  at REAL,
  until REAL,
  most INTEGER,
  spent INTEGER,
  held INTEGER,
  PRIMARY KEY (kind, name, unit, span, part)
) STRICT, WITHOUT ROWID;

CREATE VIEW balances AS
  SELECT name AS budget, part AS "partition", span AS "window", unit, most AS "limit", spent, held,
    until AS ends_at, at AS used_at
  FROM live WHERE kind = 0;

CREATE VIEW open_reservations AS
  SELECT name AS key, id, digest, claims, at AS created_at, until AS expires_at FROM live WHERE kind = 1;

CREATE TABLE ended (
  key TEXT PRIMARY KEY,
  id TEXT,
  state TEXT NOT NULL,
  at REAL NOT NULL,
  data TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX ended_expired ON ended (at) WHERE state = 'expired' AND data IS NOT NULL;
CREATE INDEX ended_id ON ended (id) WHERE key <> id AND state <> 'refused';

CREATE TABLE watched (
  id TEXT PRIMARY KEY,
  key TEXT,
  due REAL NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX watched_due ON watched (due);

CREATE TABLE looked_through (position INTEGER NOT NULL) STRICT;
INSERT INTO looked_through VALUES (0);

CREATE TABLE adjustments (
  position INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  at REAL NOT NULL,
  budget TEXT NOT NULL,
  "partition" TEXT NOT NULL,
  "window" TEXT NOT NULL,
  unit TEXT NOT NULL,
  amount INTEGER NOT NULL,
  "by" TEXT NOT NULL,
  reason TEXT NOT NULL
) STRICT;

CREATE TABLE approvals (
  position INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  status TEXT NOT NULL,
  run TEXT NOT NULL,
  digest TEXT NOT NULL,
  policy TEXT,
  requested_at REAL NOT NULL,
  expires_at REAL NOT NULL,
  request TEXT NOT NULL,
  decision TEXT,
  answer TEXT
) STRICT;
CREATE INDEX approvals_action ON approvals (run, digest);
CREATE INDEX approvals_open ON approvals (expires_at) WHERE status IN ('pending', 'granted');
CREATE INDEX approvals_over ON approvals (expires_at) WHERE status IN ('used', 'expired');

CREATE TABLE approval_steps (
  id TEXT NOT NULL,
  status TEXT NOT NULL,
  due REAL NOT NULL,
  approval TEXT NOT NULL,
  PRIMARY KEY (id, status)
) STRICT, WITHOUT ROWID;
CREATE INDEX approval_steps_due ON approval_steps (due);

CREATE TABLE stops (
  position INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL UNIQUE,
  reason TEXT,
  at REAL NOT NULL
) STRICT;

CREATE TABLE shown (
  id TEXT PRIMARY KEY,
  expires_at REAL NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX shown_expired ON shown (expires_at);

CREATE TABLE chains (
  number INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  seq INTEGER NOT NULL,
  digest TEXT NOT NULL,
  time TEXT NOT NULL,
  kid TEXT NOT NULL,
  closed INTEGER NOT NULL
) STRICT;

CREATE TABLE receipts (
  position INTEGER PRIMARY KEY,
  chain INTEGER NOT NULL,
  time REAL NOT NULL,
  run TEXT,
  hold TEXT,
  json TEXT NOT NULL
) STRICT;
CREATE INDEX receipts_chain ON receipts (chain, time);
CREATE INDEX receipts_run ON receipts (run) WHERE run IS NOT NULL;
CREATE INDEX receipts_hold ON receipts (hold) WHERE hold IS NOT NULL;

${noUpdate("receipts")}
${noDelete("receipts").create}
${noUpdate("adjustments")}
${noDelete("adjustments").create}

PRAGMA application_id = ${applicationId};
PRAGMA user_version = ${schemaVersion};
`;

function noUpdate(table: string): string {
  return guard(table, "UPDATE");
}

/** What keeps rows of a table from being deleted, whoever writes. */
export function noDelete(table: string): { readonly create: string; readonly drop: string } {
  return { create: guard(table, "DELETE"), drop: `DROP TRIGGER ${guardName(table, "DELETE")}` };
}

function guard(table: string, what: "UPDATE" | "DELETE"): string {
  return `CREATE TRIGGER ${guardName(table, what)} BEFORE ${what} ON ${table}
BEGIN SELECT RAISE(ABORT, '${table} only takes new rows'); END;`;
}

function guardName(table: string, what: "UPDATE" | "DELETE"): string {
  return `${table}_no_${what.toLowerCase()}`;
}
