/**
 * The tables of the ledger. Times are epoch milliseconds.
 *
 * Texts compare by their bytes, whatever the database's locale. Statistics lag behind tables that grow fast, so
 * the functions forbid themselves sequential scans instead of relying on them.
 */
export const ledgerTables = `
CREATE TABLE tollgate.balances (
  budget text COLLATE "C" NOT NULL,
  partition text COLLATE "C" NOT NULL,
  window_id text COLLATE "C" NOT NULL,
  unit text COLLATE "C" NOT NULL,
  ends_at bigint,
  limit_amount bigint,
  -- Below 0 where more was put in or given back than was spent.
  spent bigint NOT NULL,
  held bigint NOT NULL CHECK (held >= 0),
  used_at bigint NOT NULL,
  PRIMARY KEY (budget, partition, window_id, unit)
) WITH (
  -- Room on each page for the next version of a row: balances change with every call, their keys never.
  fillfactor = 40,
  autovacuum_vacuum_scale_factor = 0.05
);

-- holds: [[budget, partition, window, unit, amount, claims on it], ...], one for each balance, in the order of
-- their keys, which is the order in which everybody locks balances.
-- claims: [[index of its hold, amount, limit, soft, endsAt], ...], as they were asked for.
-- due_at: when an open one expires; when somebody is next told of an ended one whose receipt is missing.
-- details: how it ended. settled: {"amounts": {unit: amount}, "source"}; released: {"reason"}; refused:
-- [[spent, held], ...] by hold.
CREATE TABLE tollgate.reservations (
  key text COLLATE "C" PRIMARY KEY,
  id text COLLATE "C" NOT NULL,
  digest text COLLATE "C" NOT NULL,
  status text COLLATE "C" NOT NULL CHECK (status IN ('open', 'settled', 'released', 'expired', 'refused')),
  late boolean NOT NULL DEFAULT false,
  created_at bigint NOT NULL,
  ended_at bigint,
  expires_at bigint NOT NULL,
  due_at bigint CHECK ((status = 'open') <= (due_at IS NOT NULL)),
  holds jsonb NOT NULL,
  claims jsonb NOT NULL,
  details jsonb
);
CREATE INDEX reservations_due ON tollgate.reservations (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX reservations_ended ON tollgate.reservations (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX reservations_newest ON tollgate.reservations (created_at);

-- Only of what has a key that somebody chose: a gate's own keys are ids.
CREATE INDEX reservations_id ON tollgate.reservations (id) WHERE key <> id;

-- All that ended until then was looked through for receipts that are missing.
CREATE TABLE tollgate.looked_through (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  until bigint NOT NULL
);
INSERT INTO tollgate.looked_through (until) VALUES (-9007199254740991);

-- Keys and runs that were forgotten, by fingerprint: they are never granted anew.
CREATE TABLE tollgate.forgotten (
  fingerprint uuid PRIMARY KEY,
  forgotten_at bigint NOT NULL
);
-- The latest end of a window whose balances were forgotten.
CREATE TABLE tollgate.forgotten_windows (
  budget text COLLATE "C" NOT NULL,
  unit text COLLATE "C" NOT NULL,
  ends_at bigint NOT NULL,
  PRIMARY KEY (budget, unit)
);

CREATE TABLE tollgate.adjustments (
  id text COLLATE "C" PRIMARY KEY,
  position bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
  adjusted_at bigint NOT NULL,
  kind text COLLATE "C" NOT NULL CHECK (kind IN ('top_up', 'refund', 'correction')),
  budget text COLLATE "C" NOT NULL,
  partition text COLLATE "C" NOT NULL,
  window_id text COLLATE "C" NOT NULL,
  unit text COLLATE "C" NOT NULL,
  amount bigint NOT NULL CHECK (kind = 'correction' OR amount < 0),
  adjusted_by text COLLATE "C" NOT NULL,
  reason text COLLATE "C" NOT NULL
);

CREATE FUNCTION tollgate.fingerprint(p_text text) RETURNS uuid
LANGUAGE sql STABLE PARALLEL SAFE
RETURN encode(substring(sha256(convert_to(p_text, 'UTF8')) FROM 1 FOR 16), 'hex')::uuid;

CREATE FUNCTION tollgate.now_ms() RETURNS bigint
LANGUAGE sql VOLATILE
RETURN floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint;
`;
