import { functionOptions, makeDurable } from "./function-options.ts";

/**
 * `tollgate.settle`, `release`, `extend` and `expire`: how reservations end, once each.
 *
 * All of them lock the reservation first, then balances in the order of their keys.
 */
export const endFunctions: string = `
-- p_amounts: {unit: amount}. spent and held are what stood on each hold's balance before.
CREATE FUNCTION tollgate.settle(
  p_key text, p_id text, p_now bigint, p_amounts jsonb,
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
  SET status = 'settled', late = (r.status = 'expired'), due_at = NULL, ended_at = v_now
  WHERE r.key = p_key AND r.id = p_id AND r.status IN ('open', 'expired')
  RETURNING r.late, r.holds, r.claims INTO kept_late, v_holds, v_claims;
  IF NOT FOUND THEN
    SELECT r.status, r.late INTO answer, kept_late FROM tollgate.reservations r
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

CREATE FUNCTION tollgate.release(p_key text, p_id text, p_now bigint, OUT answer text)
LANGUAGE plpgsql ${functionOptions} AS $$
DECLARE
  v_now bigint := coalesce(p_now, tollgate.now_ms());
  v_holds jsonb;
  v_hold jsonb;
BEGIN
  ${makeDurable}
  UPDATE tollgate.reservations r SET status = 'released', due_at = NULL, ended_at = v_now
  WHERE r.key = p_key AND r.id = p_id AND r.status = 'open'
  RETURNING r.holds INTO v_holds;
  IF NOT FOUND THEN
    SELECT r.status INTO answer FROM tollgate.reservations r
    WHERE r.key = p_key AND r.id = p_id AND r.status <> 'refused';
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
--
-- Who is told may die before it has written the receipt. Where the decision's receipt is in this schema, the
-- reservation is told of again p_again milliseconds later unless its ending is there, too; elsewhere nobody here
-- can know, and it is told of once.
CREATE FUNCTION tollgate.expire(p_now bigint, p_limit integer, p_again bigint)
RETURNS TABLE (now_at bigint, key text, digest text, kept jsonb)
LANGUAGE plpgsql ${functionOptions} AS $$
#variable_conflict use_column
DECLARE
  v_now bigint := coalesce(p_now, tollgate.now_ms());
  v_one tollgate.reservations%ROWTYPE;
  v_open text[] := '{}';
  v_free jsonb := '[]';
  v_hold record;
BEGIN
  ${makeDurable}
  FOR v_one IN
    SELECT * FROM tollgate.reservations r WHERE r.due_at <= v_now
    ORDER BY r.due_at LIMIT p_limit FOR UPDATE SKIP LOCKED
  LOOP
    IF v_one.status = 'open' THEN
      v_open := v_open || v_one.key;
      v_free := v_free || v_one.holds;
    ELSIF EXISTS (SELECT FROM tollgate.receipts e WHERE e.ref = v_one.id AND e.type = 'decision')
      AND NOT EXISTS (SELECT FROM tollgate.receipts e WHERE e.ref = v_one.id AND e.type = 'settlement') THEN
      UPDATE tollgate.reservations r SET due_at = v_now + p_again WHERE r.key = v_one.key;
    ELSE
      UPDATE tollgate.reservations r SET due_at = NULL WHERE r.key = v_one.key;
      CONTINUE;
    END IF;
    now_at := v_now;
    key := v_one.key;
    digest := v_one.digest;
    kept := jsonb_build_object('id', v_one.id, 'due', v_one.expires_at, 'holds', v_one.holds,
      'claims', v_one.claims);
    RETURN NEXT;
  END LOOP;
  UPDATE tollgate.reservations r SET status = 'expired', ended_at = v_now, due_at = v_now + p_again
  WHERE r.key = ANY (v_open);
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
`;
