import { functionOptions, makeDurable } from "./function-options.ts";

/**
 * `tollgate.reserve`: all holds or none, in one round trip.
 *
 * The key comes first: whoever else uses it waits at its unique index. Each balance is then taken by one
 * conditional update, in the order of `p_holds`, so that no two callers wait for each other in a circle; only
 * where that takes nothing is it looked at why. The last balance is locked last and for the shortest time.
 *
 * `p_terms` holds for each hold [the least limit (null where nothing fits), the least hard limit, the least soft
 * limit, the limit to show, whether some claim has none, when the window ends].
 */
export const reserveFunction: string = `
CREATE FUNCTION tollgate.reserve(
  p_key text, p_id text, p_digest text, p_now bigint, p_ttl bigint,
  p_holds jsonb, p_claims jsonb, p_terms jsonb,
  OUT answer text, OUT now_at bigint, OUT kept jsonb, OUT spent bigint[], OUT held bigint[], OUT limits bigint[]
) LANGUAGE plpgsql ${functionOptions} AS $$
DECLARE
  c_max CONSTANT numeric := 9223372036854775807;
  v_last integer := jsonb_array_length(p_holds) - 1;
  v_known tollgate.reservations%ROWTYPE;
  v_hold jsonb;
  v_term jsonb;
  v_amount bigint;
  v_room bigint;
  v_spent bigint;
  v_held bigint;
  v_limit bigint;
  v_taken integer;
  v_made integer[];
  v_fits boolean;
  v_any boolean;
  v_soft boolean;
  v_total numeric;
  v_standing jsonb;
BEGIN
  ${makeDurable}
  now_at := coalesce(p_now, tollgate.now_ms());

  FOR v_try IN 1 .. 9 LOOP
    INSERT INTO tollgate.reservations (key, id, digest, status, created_at, expires_at, due_at, holds, claims)
    VALUES (p_key, p_id, p_digest, 'open', now_at, now_at + p_ttl, now_at + p_ttl, p_holds, p_claims)
    ON CONFLICT (key) DO NOTHING;
    EXIT WHEN FOUND;
    SELECT * INTO v_known FROM tollgate.reservations r WHERE r.key = p_key;
    IF FOUND THEN
      IF v_known.status IN ('settled', 'released', 'expired') THEN
        answer := 'already_' || v_known.status;
      ELSIF v_known.digest <> p_digest THEN
        answer := 'digest_mismatch';
      ELSE
        kept := jsonb_build_object('id', v_known.id, 'due', v_known.expires_at, 'holds', v_known.holds,
          'claims', v_known.claims);
        IF v_known.status = 'refused' THEN
          answer := 'refused';
          SELECT array_agg((each ->> 0)::bigint ORDER BY nth), array_agg((each ->> 1)::bigint ORDER BY nth)
          INTO spent, held FROM jsonb_array_elements(v_known.details) WITH ORDINALITY AS list(each, nth);
        ELSE
          answer := 'replayed';
          FOR v_at IN 0 .. jsonb_array_length(v_known.holds) - 1 LOOP
            v_hold := v_known.holds -> v_at;
            SELECT b.spent, b.held, b.limit_amount INTO v_spent, v_held, v_limit FROM tollgate.balances b
            WHERE b.budget = v_hold ->> 0 AND b.partition = v_hold ->> 1
              AND b.window_id = v_hold ->> 2 AND b.unit = v_hold ->> 3;
            spent := spent || v_spent;
            held := held || v_held;
            limits := limits || v_limit;
          END LOOP;
        END IF;
      END IF;
      RETURN;
    END IF;
    -- Whoever had the key was refused by a soft limit just now, and has let go of it.
    IF v_try = 9 THEN
      RAISE serialization_failure USING MESSAGE = 'the key is being tried elsewhere';
    END IF;
  END LOOP;

  -- Asked after the key is ours: a key that was being forgotten meanwhile is seen here.
  IF EXISTS (SELECT FROM tollgate.forgotten f WHERE f.fingerprint = tollgate.fingerprint('key ' || p_key)) THEN
    DELETE FROM tollgate.reservations r WHERE r.key = p_key;
    answer := 'forgotten';
    RETURN;
  END IF;

  FOR v_try IN 1 .. 9 LOOP
    spent := '{}';
    held := '{}';
    limits := '{}';
    v_made := '{}';
    v_taken := 0;
    v_fits := true;
    WHILE v_taken <= v_last LOOP
      v_hold := p_holds -> v_taken;
      v_term := p_terms -> v_taken;
      v_amount := (v_hold ->> 4)::bigint;
      -- What may stand on the balance before; never overflows, for a limit is -1 or more. Nor does what it is
      -- compared with: what was spent may be below 0.
      v_room := (v_term ->> 0)::bigint - v_amount;
      LOOP
        UPDATE tollgate.balances b
        SET held = b.held + v_amount, limit_amount = coalesce((v_term ->> 3)::bigint, b.limit_amount),
          used_at = now_at
        WHERE b.budget = v_hold ->> 0 AND b.partition = v_hold ->> 1
          AND b.window_id = v_hold ->> 2 AND b.unit = v_hold ->> 3
          AND CASE WHEN b.spent > v_room THEN false WHEN b.spent < 0 THEN b.held + b.spent <= v_room
            ELSE b.held <= v_room - b.spent END
        RETURNING b.spent, b.held, b.limit_amount INTO v_spent, v_held, v_limit;
        EXIT WHEN FOUND;
        SELECT b.spent, b.held INTO v_spent, v_held FROM tollgate.balances b
        WHERE b.budget = v_hold ->> 0 AND b.partition = v_hold ->> 1
          AND b.window_id = v_hold ->> 2 AND b.unit = v_hold ->> 3;
        IF FOUND THEN
          v_fits := v_room IS NOT NULL AND CASE WHEN v_spent > v_room THEN false
            WHEN v_spent < 0 THEN v_held + v_spent <= v_room ELSE v_held <= v_room - v_spent END;
        ELSE
          v_fits := coalesce(v_room >= 0, false);
          IF v_fits THEN
            INSERT INTO tollgate.balances
              (budget, partition, window_id, unit, ends_at, limit_amount, spent, held, used_at)
            VALUES (v_hold ->> 0, v_hold ->> 1, v_hold ->> 2, v_hold ->> 3, (v_term ->> 5)::bigint,
              (v_term ->> 3)::bigint, 0, v_amount, now_at)
            ON CONFLICT (budget, partition, window_id, unit) DO NOTHING
            RETURNING balances.spent, balances.held, balances.limit_amount INTO v_spent, v_held, v_limit;
            IF FOUND THEN
              v_made := v_made || v_taken;
              PERFORM tollgate.refuse_forgotten(v_hold, (v_term ->> 5)::bigint);
              EXIT;
            END IF;
          END IF;
        END IF;
        EXIT WHEN NOT v_fits;
        -- Else it changed between the two statements: once more.
      END LOOP;
      EXIT WHEN NOT v_fits;
      spent := spent || v_spent;
      held := held || v_held;
      limits := limits || v_limit;
      v_taken := v_taken + 1;
    END LOOP;
    IF v_fits THEN
      answer := 'reserved';
      RETURN;
    END IF;

    FOR v_at IN 0 .. v_taken - 1 LOOP
      v_hold := p_holds -> v_at;
      IF v_at = ANY (v_made) THEN
        DELETE FROM tollgate.balances b
        WHERE b.budget = v_hold ->> 0 AND b.partition = v_hold ->> 1
          AND b.window_id = v_hold ->> 2 AND b.unit = v_hold ->> 3;
      ELSE
        UPDATE tollgate.balances b SET held = b.held - (v_hold ->> 4)::bigint
        WHERE b.budget = v_hold ->> 0 AND b.partition = v_hold ->> 1
          AND b.window_id = v_hold ->> 2 AND b.unit = v_hold ->> 3;
      END IF;
    END LOOP;

    spent := '{}';
    held := '{}';
    limits := '{}';
    v_standing := '[]';
    v_any := false;
    v_soft := false;
    FOR v_at IN 0 .. v_last LOOP
      v_hold := p_holds -> v_at;
      v_term := p_terms -> v_at;
      SELECT b.spent, b.held, b.limit_amount INTO v_spent, v_held, v_limit FROM tollgate.balances b
      WHERE b.budget = v_hold ->> 0 AND b.partition = v_hold ->> 1
        AND b.window_id = v_hold ->> 2 AND b.unit = v_hold ->> 3;
      IF FOUND AND (v_term ->> 3)::bigint IS DISTINCT FROM v_limit AND v_term ->> 3 IS NOT NULL THEN
        -- The limit was seen all the same, and is what the balance should show from now on.
        UPDATE tollgate.balances b SET limit_amount = (v_term ->> 3)::bigint
        WHERE b.budget = v_hold ->> 0 AND b.partition = v_hold ->> 1
          AND b.window_id = v_hold ->> 2 AND b.unit = v_hold ->> 3;
      END IF;
      v_spent := coalesce(v_spent, 0);
      v_held := coalesce(v_held, 0);
      v_total := v_spent::numeric + v_held + (v_hold ->> 4)::bigint;
      IF (v_term ->> 4)::boolean AND v_total > c_max THEN
        RAISE numeric_value_out_of_range USING MESSAGE = format(
          'budget "%s" would come to more than 2^63 - 1 %s', v_hold ->> 0, v_hold ->> 3);
      END IF;
      IF v_total > (v_term ->> 1)::numeric THEN
        v_any := true;
      END IF;
      IF v_total > (v_term ->> 2)::numeric THEN
        v_any := true;
        v_soft := true;
      END IF;
      spent := spent || v_spent;
      held := held || v_held;
      v_standing := v_standing || jsonb_build_array(jsonb_build_array(v_spent::text, v_held::text));
    END LOOP;
    IF v_any THEN
      answer := 'refused';
      IF v_soft THEN
        DELETE FROM tollgate.reservations r WHERE r.key = p_key;
      ELSE
        UPDATE tollgate.reservations r
        SET status = 'refused', due_at = NULL, ended_at = now_at, details = v_standing WHERE r.key = p_key;
      END IF;
      RETURN;
    END IF;
    -- What stood in the way went while it was looked at: once more.
  END LOOP;
  RAISE serialization_failure USING MESSAGE = 'the balances do not stand still';
END $$;

-- A balance that was forgotten must not start anew.
CREATE FUNCTION tollgate.refuse_forgotten(p_hold jsonb, p_ends_at bigint) RETURNS void
LANGUAGE plpgsql ${functionOptions} AS $$
BEGIN
  IF p_ends_at IS NOT NULL AND EXISTS (
    SELECT FROM tollgate.forgotten_windows f
    WHERE f.budget = p_hold ->> 0 AND f.unit = p_hold ->> 3 AND f.ends_at >= p_ends_at
  ) THEN
    RAISE EXCEPTION USING ERRCODE = 'TG001', MESSAGE = format(
      'the balance of budget "%s" in the window %s was forgotten after its end; claim the current window, and set '
      'the clocks of the machines', p_hold ->> 0, p_hold ->> 2);
  END IF;
  IF p_hold ->> 2 LIKE 'run:%' AND EXISTS (
    SELECT FROM tollgate.forgotten f
    WHERE f.fingerprint = tollgate.fingerprint(
      jsonb_build_array(p_hold ->> 0, p_hold ->> 3, p_hold ->> 2)::text)
  ) THEN
    RAISE EXCEPTION USING ERRCODE = 'TG001', MESSAGE = format(
      'the balance of budget "%s" for %s was forgotten after long disuse; start a new run', p_hold ->> 0,
      p_hold ->> 2);
  END IF;
END $$;
`;
