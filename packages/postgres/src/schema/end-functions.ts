import { functionOptions, makeDurable } from "./function-options.ts";

/**
 * `tollgate.settle`, `release`, `extend`, `expire` and `unrecorded`: how reservations end, once each.
 *
 * All of them lock the reservation first, then balances in the order of their keys.
 */
export const endFunctions: string = `
-- p_amounts: {unit: amount}. spent and held are what stood on each hold's balance before; null for one that was
-- settled before.
CREATE FUNCTION tollgate.settle(
  p_key text, p_id text, p_now bigint, p_amounts jsonb, p_source text,
  OUT answer text, OUT kept_late boolean, OUT kept jsonb, OUT spent bigint[], OUT held bigint[]
) LANGUAGE plpgsql ${functionOptions} AS $$
DECLARE
  v_now bigint := coalesce(p_now, tollgate.now_ms());
  v_holds jsonb;
  v_claims jsonb;
  v_hold jsonb;
  v_actual bigint;
  v_free bigint;
  v_spent bigint;
  v_held bigint;
BEGIN
  ${makeDurable}
  UPDATE tollgate.reservations r
  SET status = 'settled', late = (r.status = 'expired'), due_at = NULL, ended_at = v_now,
    details = jsonb_build_object('amounts', p_amounts, 'source', p_source)
  WHERE r.key = p_key AND r.id = p_id AND r.status IN ('open', 'expired')
  RETURNING r.late, r.holds, r.claims INTO kept_late, v_holds, v_claims;
  IF NOT FOUND THEN
    SELECT r.status, r.late, tollgate.kept(r) INTO answer, kept_late, kept FROM tollgate.reservations r
    WHERE r.key = p_key AND r.id = p_id AND r.status <> 'refused';
    answer := 'was_' || coalesce(answer, 'unknown');
    RETURN;
  END IF;
  spent := '{}';
  held := '{}';
  FOR v_at IN 0 .. jsonb_array_length(v_holds) - 1 LOOP
    v_hold := v_holds -> v_at;
    v_free := CASE WHEN kept_late THEN 0 ELSE (v_hold ->> 4)::bigint END;
    v_actual := CASE WHEN p_amounts ? (v_hold ->> 3)
      THEN (p_amounts ->> (v_hold ->> 3))::bigint * (v_hold ->> 5)::bigint ELSE (v_hold ->> 4)::bigint END;
    UPDATE tollgate.balances b
    SET spent = b.spent + v_actual, held = b.held - v_free, used_at = v_now
    WHERE b.budget = v_hold ->> 0 AND b.partition = v_hold ->> 1
      AND b.window_id = v_hold ->> 2 AND b.unit = v_hold ->> 3
    RETURNING b.spent - v_actual, b.held + v_free INTO v_spent, v_held;
    IF NOT FOUND THEN
      RAISE EXCEPTION USING ERRCODE = 'TG001', MESSAGE = format(
        'the balance of budget "%s" in the window %s is gone', v_hold ->> 0, v_hold ->> 2);
    END IF;
    spent := spent || v_spent;
    held := held || v_held;
  END LOOP;
  answer := 'settled';
  kept := jsonb_build_object('id', p_id, 'due', 0, 'holds', v_holds, 'claims', v_claims);
END $$;

CREATE FUNCTION tollgate.release(p_key text, p_id text, p_now bigint, p_reason text, OUT answer text)
LANGUAGE plpgsql ${functionOptions} AS $$
DECLARE
  v_now bigint := coalesce(p_now, tollgate.now_ms());
  v_holds jsonb;
  v_hold jsonb;
BEGIN
  ${makeDurable}
  UPDATE tollgate.reservations r 
  SET status = 'released', due_at = NULL, ended_at = v_now, details = jsonb_build_object('reason', p_reason)
  WHERE r.key = p_key AND r.id = p_id AND r.status = 'open'
  RETURNING r.holds INTO v_holds;
  IF NOT FOUND THEN
    -- Who asks again, as the answer was lost, knows its own release by the reason.
    SELECT CASE WHEN r.status = 'released' AND r.details ->> 'reason' = p_reason THEN 'released_so' ELSE r.status END
    INTO answer FROM tollgate.reservations r WHERE r.key = p_key AND r.id = p_id AND r.status <> 'refused';
    answer := 'was_' || coalesce(answer, 'unknown');
    RETURN;
  END IF;
  FOR v_at IN 0 .. jsonb_array_length(v_holds) - 1 LOOP
    v_hold := v_holds -> v_at;
    UPDATE tollgate.balances b SET held = b.held - (v_hold ->> 4)::bigint, used_at = v_now
    WHERE b.budget = v_hold ->> 0 AND b.partition = v_hold ->> 1
      AND b.window_id = v_hold ->> 2 AND b.unit = v_hold ->> 3;
  END LOOP;
  answer := 'released';
END $$;

CREATE FUNCTION tollgate.extend(p_key text, p_id text, p_now bigint, p_ttl bigint) RETURNS boolean
LANGUAGE plpgsql ${functionOptions} AS $$
DECLARE
  v_due bigint := coalesce(p_now, tollgate.now_ms()) + p_ttl;
BEGIN
  UPDATE tollgate.reservations r SET expires_at = v_due, due_at = v_due
  WHERE r.key = p_key AND r.id = p_id AND r.status = 'open';
  RETURN FOUND;
END $$;

-- Ends what is due and tells of each. Many may call it at once: each takes what no other has.
CREATE FUNCTION tollgate.expire(p_now bigint, p_limit integer)
RETURNS TABLE (now_at bigint, key text, digest text, kept jsonb)
LANGUAGE plpgsql ${functionOptions} AS $$
#variable_conflict use_column
DECLARE
  v_now bigint := coalesce(p_now, tollgate.now_ms());
  v_one tollgate.reservations%ROWTYPE;
  v_keys text[] := '{}';
  v_free jsonb := '[]';
  v_hold record;
BEGIN
  ${makeDurable}
  FOR v_one IN
    SELECT * FROM tollgate.reservations r WHERE r.due_at <= v_now AND r.status = 'open'
    ORDER BY r.due_at LIMIT p_limit FOR UPDATE SKIP LOCKED
  LOOP
    v_keys := v_keys || v_one.key;
    v_free := v_free || v_one.holds;
    now_at := v_now;
    key := v_one.key;
    digest := v_one.digest;
    kept := tollgate.kept(v_one);
    RETURN NEXT;
  END LOOP;
  UPDATE tollgate.reservations r SET status = 'expired', ended_at = v_now, due_at = NULL WHERE r.key = ANY (v_keys);
  FOR v_hold IN
    SELECT (h ->> 0) COLLATE "C" AS budget, (h ->> 1) COLLATE "C" AS partition, (h ->> 2) COLLATE "C" AS window_id,
      (h ->> 3) COLLATE "C" AS unit, sum((h ->> 4)::numeric)::bigint AS amount
    FROM jsonb_array_elements(v_free) AS list(h) GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
  LOOP
    UPDATE tollgate.balances b SET held = b.held - v_hold.amount, used_at = v_now
    WHERE b.budget = v_hold.budget AND b.partition = v_hold.partition
      AND b.window_id = v_hold.window_id AND b.unit = v_hold.unit;
  END LOOP;
END $$;

-- Tells of endings whose receipt is missing though their decision's is here; p_grace milliseconds after the ending,
-- and again as long after each telling.
--
-- What ended is looked through once, by one of all callers, p_look at a time. Whatever was not recorded then is due
-- from there on. Leases have no receipts, but those that expired may have left decisions behind: see enter_untold.
CREATE FUNCTION tollgate.unrecorded(p_now bigint, p_grace bigint, p_look integer, p_limit integer)
RETURNS TABLE (now_at bigint, key text, digest text, status text, late boolean, details jsonb, kept jsonb)
LANGUAGE plpgsql ${functionOptions} AS $$
#variable_conflict use_column
DECLARE
  v_now bigint := coalesce(p_now, tollgate.now_ms());
  v_from bigint;
  v_until bigint;
  v_one tollgate.reservations%ROWTYPE;
BEGIN
  ${makeDurable}
  SELECT l.until INTO v_from FROM tollgate.looked_through l FOR UPDATE SKIP LOCKED;
  IF FOUND THEN
    SELECT max(page.ended_at) INTO v_until FROM (
      SELECT r.ended_at FROM tollgate.reservations r
      WHERE r.ended_at > v_from AND r.ended_at <= v_now - p_grace ORDER BY r.ended_at LIMIT p_look
    ) AS page;
    IF v_until IS NOT NULL THEN
      UPDATE tollgate.reservations r SET due_at = v_now WHERE r.key IN (
        SELECT o.key FROM tollgate.reservations o
        WHERE o.ended_at > v_from AND o.ended_at <= v_until AND o.status IN ('settled', 'released', 'expired')
          AND NOT starts_with(o.key, 'lease ') AND tollgate.is_unrecorded(o.id, o.status)
        ORDER BY o.key FOR UPDATE SKIP LOCKED
      );
      UPDATE tollgate.reservations r SET due_at = v_now WHERE r.key IN (
        SELECT o.key FROM tollgate.reservations o
        WHERE o.ended_at > v_from AND o.ended_at <= v_until AND o.status = 'expired' AND starts_with(o.key, 'lease ')
        ORDER BY o.key FOR UPDATE
      );
      UPDATE tollgate.looked_through SET until = v_until;
    END IF;
    PERFORM tollgate.enter_untold(v_now, p_grace, p_look / 10);
  END IF;
  FOR v_one IN
    SELECT * FROM tollgate.reservations r
    WHERE r.due_at <= v_now AND r.status <> 'open' AND NOT starts_with(r.key, 'lease ')
    ORDER BY r.due_at LIMIT p_limit FOR UPDATE SKIP LOCKED
  LOOP
    IF tollgate.is_unrecorded(v_one.id, v_one.status) THEN
      UPDATE tollgate.reservations r SET due_at = v_now + p_grace WHERE r.key = v_one.key;
      now_at := v_now;
      key := v_one.key;
      digest := v_one.digest;
      status := v_one.status;
      late := v_one.late;
      details := v_one.details;
      kept := tollgate.kept(v_one);
      RETURN NEXT;
    ELSE
      UPDATE tollgate.reservations r SET due_at = NULL WHERE r.key = v_one.key;
    END IF;
  END LOOP;
END $$;

-- Whether a decision is on record here, and its ending is not. An expired one that has settled since has two. A
-- decision that lets nothing through has the reservation's id, too, where it was refused after it was granted.
-- For callers that run with the schema's rights already.
CREATE FUNCTION tollgate.is_unrecorded(p_id text, p_status text) RETURNS boolean
LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN EXISTS (
      SELECT FROM tollgate.receipts e WHERE e.ref = p_id AND e.type = 'decision' AND e.outcome = 'held'
    ) AND NOT EXISTS (
      SELECT FROM tollgate.receipts e WHERE e.ref = p_id AND e.type = 'settlement'
      AND (e.outcome = p_status OR e.outcome <> 'expired')
    );
END $$;

-- A reservation as it is told to callers.
CREATE FUNCTION tollgate.kept(p_row tollgate.reservations) RETURNS jsonb
LANGUAGE sql STABLE
RETURN jsonb_build_object('id', (p_row).id, 'due', (p_row).expires_at, 'holds', (p_row).holds,
  'claims', (p_row).claims);
`;
