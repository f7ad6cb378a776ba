/**
 * The tables of the receipt log.
 *
 * Receipts are kept in partitions by the month in which they were stored, so that old ones can be dropped at
 * once; a chain's receipts are stored at times that never go back, so that what goes is always the chain's
 * beginning. Nobody, their owner included, can change or delete one by one.
 */
export const receiptTables = `
-- Where each chain ends. seq is -1 while nothing is stored. epoch: see tollgate.fence.
CREATE TABLE tollgate.chains (
  chain text COLLATE "C" PRIMARY KEY,
  epoch bigint NOT NULL DEFAULT 0,
  seq bigint NOT NULL DEFAULT -1,
  digest text COLLATE "C",
  time text COLLATE "C",
  kid text COLLATE "C",
  closed boolean NOT NULL DEFAULT false,
  stored_at timestamptz NOT NULL DEFAULT '-infinity'
) WITH (fillfactor = 40);

CREATE SEQUENCE tollgate.receipt_positions;

-- position: the order of appending. ref: the reservation (or decision) that a decision or settlement is about.
-- outcome: how a settlement says that it ended; of a decision, held where it has a reservation.
-- receipt: its RFC 8785 text, byte for byte.
CREATE TABLE tollgate.receipts (
  position bigint NOT NULL DEFAULT nextval('tollgate.receipt_positions'),
  stored_at timestamptz NOT NULL,
  chain text COLLATE "C" NOT NULL,
  seq bigint NOT NULL,
  type text COLLATE "C" NOT NULL,
  time timestamptz NOT NULL,
  run text COLLATE "C",
  ref text COLLATE "C",
  outcome text COLLATE "C",
  subject jsonb,
  receipt text COLLATE "C" NOT NULL
) PARTITION BY RANGE (stored_at);
CREATE INDEX receipts_position ON tollgate.receipts (position);
CREATE INDEX receipts_chain ON tollgate.receipts (chain, seq);
CREATE INDEX receipts_run ON tollgate.receipts (run) WHERE run IS NOT NULL;
CREATE INDEX receipts_ref ON tollgate.receipts (ref) WHERE ref IS NOT NULL;
CREATE INDEX receipts_time ON tollgate.receipts (time, position);
-- No entries are put off, for somebody's append would have to make up for all of them.
CREATE INDEX receipts_subject ON tollgate.receipts USING gin (subject jsonb_path_ops) WITH (fastupdate = off)
  WHERE subject IS NOT NULL;

CREATE FUNCTION tollgate.refuse_change() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RAISE EXCEPTION USING ERRCODE = 'TG002', MESSAGE = format('tollgate: %s only takes new rows', TG_TABLE_NAME);
END $$;
-- A trigger for rows holds in every partition, also when it is named itself; one for statements does not.
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON tollgate.receipts
FOR EACH ROW EXECUTE FUNCTION tollgate.refuse_change();
CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON tollgate.receipts
FOR EACH STATEMENT EXECUTE FUNCTION tollgate.refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON tollgate.adjustments
FOR EACH ROW EXECUTE FUNCTION tollgate.refuse_change();
CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON tollgate.adjustments
FOR EACH STATEMENT EXECUTE FUNCTION tollgate.refuse_change();

-- What stays of months that were dropped; see tollgate.drop_receipts, which replaces it.
CREATE TABLE tollgate.receipts_kept (LIKE tollgate.receipts INCLUDING DEFAULTS INCLUDING CONSTRAINTS);
CREATE FUNCTION tollgate.attach_kept() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE 'CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON tollgate.receipts_kept
    FOR EACH STATEMENT EXECUTE FUNCTION tollgate.refuse_change()';
  EXECUTE 'ALTER TABLE tollgate.receipts ATTACH PARTITION tollgate.receipts_kept
    FOR VALUES FROM (MINVALUE) TO (''2000-01-01T00:00:00Z'')';
END $$;
SELECT tollgate.attach_kept();
`;
