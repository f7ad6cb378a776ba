import { functionOptions, makeDurable } from "./function-options.ts";

/** What people and scheduled jobs do with the schema; not for the application's role. */
export const upkeepFunctions: string = `
-- Adjusts what was spent, once for each id; answers where the balance stands.
CREATE FUNCTION tollgate.adjust(
  p_id text, p_kind text, p_budget text, p_partition text, p_window text, p_unit text, p_now bigint, p_amount bigint,
  p_by text, p_reason text
) RETURNS TABLE (ends_at bigint, limit_amount bigint, spent bigint, held bigint)
LANGUAGE plpgsql ${functionOptions} AS $$
#variable_conflict use_column
DECLARE
  v_now bigint := coalesce(p_now, tollgate.now_ms());
BEGIN
  ${makeDurable}
  -- The id first: whoever else uses it waits here.
  INSERT INTO tollgate.adjustments
    (id, adjusted_at, kind, budget, partition, window_id, unit, amount, adjusted_by, reason)
  VALUES (p_id, v_now, p_kind, p_budget, p_partition, p_window, p_unit, p_amount, p_by, p_reason)
  ON CONFLICT (id) DO NOTHING;
  IF FOUND THEN
    UPDATE tollgate.balances b SET spent = b.spent + p_amount, used_at = v_now
    WHERE b.budget = p_budget AND b.partition = p_partition AND b.window_id = p_window AND b.unit = p_unit;
    IF NOT FOUND THEN
      RAISE EXCEPTION USING ERRCODE = 'TG001', MESSAGE = format(
        'budget "%s" has no balance of "%s" in the window %s with %s; nothing was changed', p_budget, p_partition,
        p_window, p_unit);
    END IF;
  ELSIF NOT EXISTS (
    SELECT FROM tollgate.adjustments a
    WHERE a.id = p_id AND a.kind = p_kind AND a.budget = p_budget AND a.partition = p_partition
      AND a.window_id = p_window AND a.unit = p_unit AND a.amount = p_amount AND a.adjusted_by = p_by
      AND a.reason = p_reason
  ) THEN
    RAISE EXCEPTION USING ERRCODE = 'TG001', MESSAGE = format(
      'the adjustment %s was made before, with another content; nothing was changed', p_id);
  END IF;
  RETURN QUERY SELECT b.ends_at, b.limit_amount, b.spent, b.held FROM tollgate.balances b
  WHERE b.budget = p_budget AND b.partition = p_partition AND b.window_id = p_window AND b.unit = p_unit;
END $$;

-- Forgets up to p_limit of what ended long ago of each kind, and answers how much it was.
CREATE FUNCTION tollgate.forget(
  p_now bigint, p_ended_ms bigint, p_window_ms bigint, p_run_ms bigint, p_fingerprint_ms bigint, p_limit integer,
  OUT reservations integer, OUT balances integer, OUT fingerprints integer
) LANGUAGE plpgsql ${functionOptions} AS $$
DECLARE
  v_now bigint := coalesce(p_now, tollgate.now_ms());
  v_runs integer;
BEGIN
  -- Its key goes on being refused, by its fingerprint.
  WITH gone AS (
    DELETE FROM tollgate.reservations r WHERE r.key IN (
      SELECT o.key FROM tollgate.reservations o
      WHERE o.ended_at <= v_now - p_ended_ms AND o.due_at IS NULL ORDER BY o.ended_at LIMIT p_limit FOR UPDATE SKIP LOCKED
    ) RETURNING r.key
  )
  INSERT INTO tollgate.forgotten (fingerprint, forgotten_at)
  SELECT tollgate.fingerprint('key ' || gone.key), v_now FROM gone ON CONFLICT (fingerprint) DO NOTHING;
  GET DIAGNOSTICS reservations = ROW_COUNT;

  balances := 0;
  -- A reservation that expired may still settle: balances go after all reservations of their time.
  IF reservations < p_limit THEN
    WITH gone AS (
      DELETE FROM tollgate.balances b WHERE (b.budget, b.partition, b.window_id, b.unit) IN (
        SELECT o.budget, o.partition, o.window_id, o.unit FROM tollgate.balances o
        WHERE o.ends_at < v_now - p_window_ms AND o.used_at < v_now - p_ended_ms AND o.held = 0
        ORDER BY o.budget, o.partition, o.window_id, o.unit LIMIT p_limit FOR UPDATE SKIP LOCKED
      ) RETURNING b.budget, b.unit, b.ends_at
    ), counted AS (
      INSERT INTO tollgate.forgotten_windows AS w (budget, unit, ends_at)
      SELECT gone.budget, gone.unit, max(gone.ends_at) FROM gone GROUP BY 1, 2 ORDER BY 1, 2
      ON CONFLICT (budget, unit) DO UPDATE SET ends_at = greatest(w.ends_at, excluded.ends_at)
    )
    SELECT count(*) INTO balances FROM gone;
    WITH gone AS (
      DELETE FROM tollgate.balances b WHERE (b.budget, b.partition, b.window_id, b.unit) IN (
        SELECT o.budget, o.partition, o.window_id, o.unit FROM tollgate.balances o
        WHERE o.window_id LIKE 'run:%' AND o.ends_at IS NULL AND o.used_at < v_now - greatest(p_run_ms, p_ended_ms)
          AND o.held = 0
        ORDER BY o.budget, o.partition, o.window_id, o.unit LIMIT p_limit FOR UPDATE SKIP LOCKED
      ) RETURNING b.budget, b.unit, b.window_id
    ), counted AS (
      INSERT INTO tollgate.forgotten (fingerprint, forgotten_at)
      SELECT tollgate.fingerprint(jsonb_build_array(gone.budget, gone.unit, gone.window_id)::text), v_now FROM gone
      ON CONFLICT (fingerprint) DO NOTHING
    )
    SELECT count(*) INTO v_runs FROM gone;
    balances := balances + v_runs;
  END IF;

  DELETE FROM tollgate.forgotten f WHERE f.fingerprint IN (
    SELECT o.fingerprint FROM tollgate.forgotten o WHERE o.forgotten_at < v_now - p_fingerprint_ms LIMIT p_limit
  );
  GET DIAGNOSTICS fingerprints = ROW_COUNT;
END $$;

-- Drops the oldest month of receipts whose last was stored before p_before; answers its name, or null when there is
-- none, and how many receipts are gone.
--
-- Of each chain goes what stands before its last checkpoint there, but for its key receipts: the rest runs on from
-- that checkpoint. What stays is moved to receipts_kept, together with what was kept of earlier months. A chain
-- without a checkpoint stays whole; so does all from a decision on whose reservation has not ended, or whose
-- ending nobody has looked for yet.
CREATE FUNCTION tollgate.drop_receipts(p_before timestamptz, OUT name text, OUT receipts bigint)
LANGUAGE plpgsql ${functionOptions} AS $$
DECLARE
  v_to timestamptz;
BEGIN
  ${makeDurable}
  -- Nearly all of a month is read.
  PERFORM set_config('enable_seqscan', 'on', true);
  PERFORM pg_advisory_xact_lock(hashtextextended('tollgate.make_partitions', 0));
  SELECT t.relname, (regexp_match(pg_get_expr(t.relpartbound, t.oid), 'TO \\(''(.+)''\\)'))[1]::timestamptz
  INTO name, v_to
  FROM pg_inherits i JOIN pg_class t ON t.oid = i.inhrelid
  WHERE i.inhparent = 'tollgate.receipts'::regclass AND t.relname <> 'receipts_kept' ORDER BY 2 LIMIT 1;
  IF v_to IS NULL OR v_to > p_before OR v_to > clock_timestamp() THEN
    name := NULL;
    RETURN;
  END IF;
  -- Whoever began an append then has ended it.
  EXECUTE format('LOCK TABLE tollgate.%I IN SHARE MODE', name);
  EXECUTE 'CREATE TABLE tollgate.receipts_staying
    (LIKE tollgate.receipts INCLUDING DEFAULTS INCLUDING CONSTRAINTS)';
  EXECUTE format('WITH old AS NOT MATERIALIZED (
      SELECT * FROM tollgate.receipts_kept UNION ALL SELECT * FROM tollgate.%I
    ), awaited AS (
      SELECT r.id FROM tollgate.reservations r WHERE r.due_at IS NOT NULL
      UNION SELECT r.id FROM tollgate.reservations r, tollgate.looked_through l
      WHERE r.ended_at > l.until AND tollgate.is_unrecorded(r.id, r.status)
    ), bounds AS (
      SELECT e.chain, min(e.seq) AS seq FROM old e JOIN awaited w ON w.id = e.ref WHERE e.type = ''decision'' GROUP BY 1
    ), anchors AS (
      SELECT e.chain, max(e.seq) AS seq FROM old e LEFT JOIN bounds b ON b.chain = e.chain
      WHERE e.type = ''checkpoint'' AND (b.seq IS NULL OR e.seq < b.seq) GROUP BY 1
    ), staying AS (
      INSERT INTO tollgate.receipts_staying
        (position, stored_at, chain, seq, type, time, run, ref, outcome, subject, receipt)
      SELECT e.position, ''-infinity'', e.chain, e.seq, e.type, e.time, e.run, e.ref, e.outcome, e.subject, e.receipt
      FROM old e LEFT JOIN anchors a ON a.chain = e.chain
      WHERE a.seq IS NULL OR e.seq >= a.seq OR e.type = ''key'' ORDER BY e.position
      RETURNING 1
    )
    SELECT (SELECT count(*) FROM old) - (SELECT count(*) FROM staying)', name) INTO receipts;
  EXECUTE format('DROP TABLE tollgate.%I', name);
  EXECUTE 'DROP TABLE tollgate.receipts_kept';
  EXECUTE 'ALTER TABLE tollgate.receipts_staying RENAME TO receipts_kept';
  PERFORM tollgate.attach_kept();
END $$;
`;
