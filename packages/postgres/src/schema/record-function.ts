import { functionOptions, makeDurable } from "./function-options.ts";

/**
 * `tollgate.record`: takes over what processes granted out of their leases, many grants in one transaction.
 *
 * Everybody locks in one order: the grants' own keys, then the leases', then the balances. Each step is one
 * statement for all grants, and sees what those before it waited for.
 */
export const recordFunction: string = `
-- One element for each grant, whose keys differ: p_keys to p_claims. p_outcomes: settled, released, or null while
-- it is open.
-- One for each lease: p_lease_keys, p_lease_ids. One for each claim: its grant's, balance's and lease's places from
-- 1, what was held, and what to book where it settles at once.
-- p_balances: [[budget, partition, window, unit, endsAt, limit], ...].
--
-- answers: for each grant recorded, settled, settled_late or released, or was_... where it had ended before; null
-- when all of them are new. lost: the places of leases that nothing more may be granted out of. balances: those
-- that were changed, as [[budget, partition, window, unit, endsAt, limit, spent, held], ...].
CREATE FUNCTION tollgate.record(
  p_now bigint, p_keys text[], p_ids text[], p_digests text[], p_ttls bigint[], p_outcomes text[], p_details jsonb[],
  p_holds jsonb[], p_claims jsonb[], p_lease_keys text[], p_lease_ids text[],
  p_of integer[], p_balance integer[], p_lease integer[], p_held bigint[], p_actual bigint[], p_balances jsonb,
  OUT answers text[], OUT lost integer[], OUT balances jsonb
) LANGUAGE plpgsql ${functionOptions} AS $$
DECLARE
  v_now bigint := coalesce(p_now, tollgate.now_ms());
  v_new integer[];
  v_gone integer[];
  v_ended integer[];
  v_late boolean[];
  v_freed jsonb;
  v_wanted jsonb;
  v_covered integer[];
  v_short integer[];
  v_changes jsonb;
  v_made jsonb;
  v_beyond text;
BEGIN
  ${makeDurable}
  WITH taken AS (
    INSERT INTO tollgate.reservations AS r
      (key, id, digest, status, created_at, ended_at, expires_at, due_at, holds, claims, details)
    SELECT g.key, g.id, g.digest, coalesce(g.outcome, 'open'), v_now, CASE WHEN g.outcome IS NOT NULL THEN v_now END,
      v_now + g.ttl, CASE WHEN g.outcome IS NULL THEN v_now + g.ttl END, g.holds, g.claims, g.details
    FROM unnest(p_keys, p_ids, p_digests, p_ttls, p_outcomes, p_details, p_holds, p_claims)
      AS g(key, id, digest, ttl, outcome, details, holds, claims)
    ORDER BY g.key COLLATE "C"
    ON CONFLICT (key) DO NOTHING RETURNING r.key
  )
  SELECT coalesce(array_agg(g.nth), '{}') INTO v_new
  FROM unnest(p_keys) WITH ORDINALITY AS g(key, nth) JOIN taken ON taken.key = g.key;

  -- Asked after the keys are ours, as in tollgate.reserve.
  SELECT array_agg(g.nth) INTO v_gone
  FROM unnest(p_keys) WITH ORDINALITY AS g(key, nth) JOIN unnest(v_new) AS n(nth) ON n.nth = g.nth
  WHERE EXISTS (
    SELECT FROM tollgate.forgotten f WHERE f.fingerprint = tollgate.fingerprint('key ' || g.key)
  );
  IF v_gone IS NOT NULL THEN
    DELETE FROM tollgate.reservations r USING unnest(v_gone) AS n(nth) WHERE r.key = p_keys[n.nth];
    SELECT coalesce(array_agg(n.nth), '{}') INTO v_new FROM unnest(v_new) AS n(nth) WHERE n.nth <> ALL (v_gone);
  END IF;

  -- What was recorded before ends as it does in tollgate.settle and tollgate.release.
  IF cardinality(v_new) < cardinality(p_keys) THEN
    PERFORM FROM unnest(p_keys, p_ids, p_outcomes) WITH ORDINALITY AS g(key, id, outcome, nth)
      JOIN tollgate.reservations r ON r.key = g.key AND r.id = g.id
    WHERE g.outcome IS NOT NULL AND NOT EXISTS (SELECT FROM unnest(v_new) AS n(nth) WHERE n.nth = g.nth)
    ORDER BY r.key FOR UPDATE OF r;
    WITH ended AS (
      UPDATE tollgate.reservations r
      SET status = g.outcome, late = (r.status = 'expired'), due_at = NULL, ended_at = v_now, details = g.details
      FROM unnest(p_keys, p_ids, p_outcomes, p_details) WITH ORDINALITY AS g(key, id, outcome, details, nth)
      WHERE r.key = g.key AND r.id = g.id AND (r.status = 'open' AND g.outcome IS NOT NULL
          OR r.status = 'expired' AND g.outcome = 'settled')
        AND NOT EXISTS (SELECT FROM unnest(v_new) AS n(nth) WHERE n.nth = g.nth)
      RETURNING g.nth, g.outcome, r.late, r.holds, g.details -> 'amounts' AS amounts
    ), freed AS (
      SELECT h ->> 0 AS budget, h ->> 1 AS partition, h ->> 2 AS window_id, h ->> 3 AS unit,
        -sum(CASE WHEN e.late THEN 0 ELSE (h ->> 4)::bigint END) AS held,
        sum(CASE WHEN e.outcome = 'released' THEN 0
          WHEN e.amounts ? (h ->> 3) THEN (e.amounts ->> (h ->> 3))::numeric * (h ->> 5)::bigint
          ELSE (h ->> 4)::bigint END) AS spent
      FROM ended e CROSS JOIN LATERAL jsonb_array_elements(e.holds) AS list(h) GROUP BY 1, 2, 3, 4
    )
    SELECT (SELECT array_agg(e.nth ORDER BY e.nth) FROM ended e), (SELECT array_agg(e.late ORDER BY e.nth) FROM ended e),
      (SELECT jsonb_agg(jsonb_build_array(f.budget, f.partition, f.window_id, f.unit, f.held::text, f.spent::text))
        FROM freed f)
    INTO v_ended, v_late, v_freed;
    SELECT array_agg(CASE
        WHEN n.nth IS NOT NULL THEN coalesce(g.outcome, 'recorded')
        WHEN e.nth IS NOT NULL THEN g.outcome || CASE WHEN e.late THEN '_late' ELSE '' END
        WHEN r.id IS NULL THEN 'was_unknown'
        WHEN g.outcome IS NULL THEN 'recorded'
        WHEN r.status = 'released' AND r.details -> 'reason' IS DISTINCT FROM g.details -> 'reason' THEN 'was_otherwise'
        ELSE 'was_' || r.status || CASE WHEN r.late THEN '_late' ELSE '' END
      END ORDER BY g.nth) INTO answers
    FROM unnest(p_keys, p_ids, p_outcomes, p_details) WITH ORDINALITY AS g(key, id, outcome, details, nth)
      LEFT JOIN unnest(v_new) AS n(nth) ON n.nth = g.nth
      LEFT JOIN unnest(v_ended, v_late) AS e(nth, late) ON e.nth = g.nth
      LEFT JOIN tollgate.reservations r ON r.key = g.key AND r.id = g.id AND r.status <> 'refused';
  END IF;

  PERFORM FROM unnest(p_lease_keys, p_lease_ids) AS l(key, id)
    JOIN tollgate.reservations r ON r.key = l.key AND r.id = l.id
  ORDER BY r.key FOR UPDATE OF r;
  -- What the new ones take out of each lease: a lease that has not all of it counts as lost.
  SELECT jsonb_agg(jsonb_build_array(w.lease, w.balance, w.held::text, w.freed::text, w.spent::text)) INTO v_wanted
  FROM (
    SELECT c.lease, c.balance, sum(c.held) AS held,
      sum(CASE WHEN g.outcome IS NULL THEN 0 ELSE c.held END) AS freed,
      sum(CASE WHEN g.outcome = 'settled' THEN c.actual ELSE 0 END) AS spent
    FROM unnest(p_of, p_balance, p_lease, p_held, p_actual) AS c(grant_nth, balance, lease, held, actual)
      JOIN unnest(v_new) AS n(nth) ON n.nth = c.grant_nth
      JOIN unnest(p_outcomes) WITH ORDINALITY AS g(outcome, nth) ON g.nth = c.grant_nth
    GROUP BY 1, 2
  ) AS w;
  WITH covered AS (
    UPDATE tollgate.reservations r
    SET holds = jsonb_set(r.holds, '{0,4}', to_jsonb(((r.holds -> 0 ->> 4)::bigint - w.held)::text)),
      claims = jsonb_set(r.claims, '{0,1}', to_jsonb(((r.holds -> 0 ->> 4)::bigint - w.held)::text))
    FROM (
      SELECT p_lease_keys[(e ->> 0)::integer] AS key, p_lease_ids[(e ->> 0)::integer] AS id,
        p_balances -> ((e ->> 1)::integer - 1) AS balance, (e ->> 2)::numeric AS held, nth
      FROM jsonb_array_elements(v_wanted) WITH ORDINALITY AS list(e, nth)
    ) AS w
    WHERE r.key = w.key AND r.id = w.id AND r.status = 'open' AND jsonb_array_length(r.claims) = 1
      AND r.holds -> 0 -> 0 = w.balance -> 0 AND r.holds -> 0 -> 1 = w.balance -> 1
      AND r.holds -> 0 -> 2 = w.balance -> 2 AND r.holds -> 0 -> 3 = w.balance -> 3
      AND (r.holds -> 0 ->> 4)::bigint >= w.held
    RETURNING w.nth
  )
  SELECT coalesce(array_agg(covered.nth), '{}') INTO v_covered FROM covered;
  SELECT array_agg((e ->> 0)::integer) INTO v_short
  FROM jsonb_array_elements(v_wanted) WITH ORDINALITY AS list(e, nth) WHERE nth <> ALL (v_covered);
  SELECT array_agg(l.nth) INTO lost FROM unnest(p_lease_keys, p_lease_ids) WITH ORDINALITY AS l(key, id, nth)
  WHERE l.nth = ANY (v_short) OR NOT EXISTS (
    SELECT FROM tollgate.reservations r WHERE r.key = l.key AND r.id = l.id AND r.status = 'open'
  );

  -- What comes to each balance, in the order of their keys. What is held by an open grant was held by its lease
  -- before; without a lease it is held anew, and the balance is made where there is none.
  SELECT jsonb_agg(jsonb_build_array(d.budget, d.partition, d.window_id, d.unit, d.held::bigint::text,
      d.spent::bigint::text, d.anew) ORDER BY d.budget, d.partition, d.window_id, d.unit) INTO v_changes
  FROM (
    SELECT c.budget COLLATE "C" AS budget, c.partition COLLATE "C" AS partition, c.window_id COLLATE "C" AS window_id,
      c.unit COLLATE "C" AS unit, sum(c.held) AS held, sum(c.spent) AS spent, min(c.anew) AS anew
    FROM (
      SELECT b ->> 0, b ->> 1, b ->> 2, b ->> 3,
        CASE WHEN w.nth = ANY (v_covered) THEN 0 ELSE (w.e ->> 2)::numeric END - (w.e ->> 3)::numeric,
        (w.e ->> 4)::numeric, CASE WHEN w.nth = ANY (v_covered) THEN NULL ELSE (w.e ->> 1)::integer END
      FROM jsonb_array_elements(v_wanted) WITH ORDINALITY AS w(e, nth)
        CROSS JOIN LATERAL (SELECT p_balances -> ((w.e ->> 1)::integer - 1)) AS named(b)
      UNION ALL
      SELECT f ->> 0, f ->> 1, f ->> 2, f ->> 3, (f ->> 4)::numeric, (f ->> 5)::numeric, NULL
      FROM jsonb_array_elements(v_freed) AS list(f)
    ) AS c(budget, partition, window_id, unit, held, spent, anew)
    GROUP BY 1, 2, 3, 4 HAVING sum(c.held) <> 0 OR sum(c.spent) <> 0 OR min(c.anew) IS NOT NULL
  ) AS d;
  IF v_changes IS NULL THEN
    RETURN;
  END IF;
  IF v_short IS NULL THEN
    PERFORM FROM jsonb_array_elements(v_changes) AS list(d)
      JOIN tollgate.balances b ON b.budget = d ->> 0 AND b.partition = d ->> 1
        AND b.window_id = d ->> 2 AND b.unit = d ->> 3
    ORDER BY b.budget, b.partition, b.window_id, b.unit FOR UPDATE OF b;
  ELSE
    -- Locks those that are there and makes those that are not, all in order.
    WITH made AS (
      INSERT INTO tollgate.balances AS b (budget, partition, window_id, unit, ends_at, limit_amount, spent, held, used_at)
      SELECT d ->> 0, d ->> 1, d ->> 2, d ->> 3, (p_balances -> ((d ->> 6)::integer - 1) ->> 4)::bigint,
        (p_balances -> ((d ->> 6)::integer - 1) ->> 5)::bigint, 0, 0, v_now
      FROM jsonb_array_elements(v_changes) WITH ORDINALITY AS list(d, nth) ORDER BY nth
      ON CONFLICT (budget, partition, window_id, unit) DO UPDATE SET used_at = v_now
      RETURNING (b.xmax = 0) AS is_new, b.budget, b.partition, b.window_id, b.unit, b.ends_at
    )
    SELECT jsonb_agg(jsonb_build_array(m.budget, m.partition, m.window_id, m.unit, m.ends_at)) INTO v_made
    FROM made m WHERE m.is_new;
    PERFORM tollgate.refuse_forgotten(m, (m ->> 4)::bigint) FROM jsonb_array_elements(v_made) AS list(m);
    -- Only what is held anew may make one.
    DELETE FROM tollgate.balances b USING jsonb_array_elements(v_changes) AS list(d), jsonb_array_elements(v_made) AS made(m)
    WHERE d ->> 6 IS NULL AND d -> 0 = m -> 0 AND d -> 1 = m -> 1 AND d -> 2 = m -> 2 AND d -> 3 = m -> 3
      AND b.budget = d ->> 0 AND b.partition = d ->> 1 AND b.window_id = d ->> 2 AND b.unit = d ->> 3;
  END IF;
  WITH changed AS (
    UPDATE tollgate.balances b
    SET spent = b.spent + (d ->> 5)::bigint, held = b.held + (d ->> 4)::bigint, used_at = v_now
    FROM jsonb_array_elements(v_changes) AS list(d)
    WHERE b.budget = d ->> 0 AND b.partition = d ->> 1 AND b.window_id = d ->> 2 AND b.unit = d ->> 3
    RETURNING b.*, (d ->> 4)::bigint > 0 AND b.spent::numeric + b.held > 9223372036854775807 AS is_beyond
  )
  SELECT jsonb_agg(jsonb_build_array(c.budget, c.partition, c.window_id, c.unit, c.ends_at, c.limit_amount::text,
      c.spent::text, c.held::text)), min(c.budget) FILTER (WHERE c.is_beyond)
  INTO balances, v_beyond FROM changed c;
  IF v_beyond IS NOT NULL THEN
    RAISE numeric_value_out_of_range USING MESSAGE = format('budget "%s" would come to more than 2^63 - 1', v_beyond);
  END IF;
  IF jsonb_array_length(balances) IS DISTINCT FROM jsonb_array_length(v_changes) THEN
    RAISE EXCEPTION USING ERRCODE = 'TG001', MESSAGE = 'a balance that something is to be booked on is gone';
  END IF;
END $$;
`;
