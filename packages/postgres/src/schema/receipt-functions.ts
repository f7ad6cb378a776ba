import { functionOptions, makeDurable } from "./function-options.ts";

/** `tollgate.append` and `tollgate.fence`: what writers of receipts do; each waits for writers of its chain only. */
export const receiptFunctions: string = `
-- Appends receipts that follow each other, p_seq being the first one's place and p_prev its prev.
-- Answers false, and stores nothing, when they do not follow what is stored.
CREATE FUNCTION tollgate.append(
  p_chain text, p_epoch bigint, p_seq bigint, p_prev text,
  p_types text[], p_times text[], p_runs text[], p_refs text[], p_outcomes text[], p_subjects text[],
  p_receipts text[], p_digest text, p_kid text, p_closed boolean
) RETURNS boolean LANGUAGE plpgsql ${functionOptions} AS $$
DECLARE
  v_count integer := cardinality(p_receipts);
  v_stored_at timestamptz;
BEGIN
  ${makeDurable}
  IF p_seq = 0 THEN
    INSERT INTO tollgate.chains (chain) VALUES (p_chain) ON CONFLICT (chain) DO NOTHING;
  END IF;
  UPDATE tollgate.chains c
  SET seq = p_seq + v_count - 1, digest = p_digest, time = p_times[v_count], kid = p_kid, closed = p_closed,
    stored_at = greatest(c.stored_at, clock_timestamp())
  WHERE c.chain = p_chain AND c.epoch = p_epoch AND c.seq = p_seq - 1 AND c.digest IS NOT DISTINCT FROM p_prev
  RETURNING c.stored_at INTO v_stored_at;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  INSERT INTO tollgate.receipts (stored_at, chain, seq, type, time, run, ref, outcome, subject, receipt)
  SELECT v_stored_at, p_chain, p_seq + nth - 1, type, time::timestamptz, run, ref, outcome, subject::jsonb, receipt
  FROM unnest(p_types, p_times, p_runs, p_refs, p_outcomes, p_subjects, p_receipts)
    WITH ORDINALITY AS list(type, time, run, ref, outcome, subject, receipt, nth)
  ORDER BY nth;
  RETURN true;
END $$;

-- Begins the next epoch of a chain, and answers it: an append of an epoch before that is still on its way finds it
-- changed, and stores nothing.
CREATE FUNCTION tollgate.fence(p_chain text, OUT epoch bigint)
LANGUAGE plpgsql ${functionOptions} AS $$
BEGIN
  ${makeDurable}
  INSERT INTO tollgate.chains (chain) VALUES (p_chain) ON CONFLICT (chain) DO NOTHING;
  UPDATE tollgate.chains c SET epoch = c.epoch + 1 WHERE c.chain = p_chain RETURNING c.epoch INTO epoch;
END $$;

-- Makes the partitions of this month and the next, where they are missing, without holding up anybody.
CREATE FUNCTION tollgate.make_partitions() RETURNS void LANGUAGE plpgsql ${functionOptions} AS $$
DECLARE
  v_month timestamptz := date_trunc('month', clock_timestamp(), 'UTC');
  v_next timestamptz;
  v_name text;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('tollgate.make_partitions', 0));
  -- A chain may be ahead of a clock that was set back.
  SELECT greatest(v_month, date_trunc('month', max(c.stored_at), 'UTC')) INTO v_month FROM tollgate.chains c
  WHERE c.stored_at > clock_timestamp() AND c.stored_at < clock_timestamp() + interval '1 year';
  v_month := coalesce(v_month, date_trunc('month', clock_timestamp(), 'UTC'));
  FOR v_nth IN 0 .. 1 LOOP
    v_next := date_trunc('month', v_month + interval '32 days', 'UTC');
    v_name := 'receipts_' || to_char(v_month AT TIME ZONE 'UTC', 'YYYY_MM');
    IF to_regclass('tollgate.' || v_name) IS NULL THEN
      EXECUTE format('CREATE TABLE tollgate.%I (LIKE tollgate.receipts INCLUDING DEFAULTS INCLUDING CONSTRAINTS)',
        v_name);
      EXECUTE format('CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON tollgate.%I
        FOR EACH STATEMENT EXECUTE FUNCTION tollgate.refuse_change()', v_name);
      -- Unlike CREATE TABLE ... PARTITION OF this lets others append meanwhile.
      EXECUTE format('ALTER TABLE tollgate.receipts ATTACH PARTITION tollgate.%I FOR VALUES FROM (%L) TO (%L)',
        v_name, v_month, v_next);
    END IF;
    v_month := v_next;
  END LOOP;
END $$;
`;
