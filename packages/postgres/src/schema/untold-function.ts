/**
 * `tollgate.enter_untold`: finds what a process granted out of its leases and did not live to tell, by the receipts of
 * its decisions.
 */
export const untoldFunction: string = `
-- Of leases that expired, looks through the receipts of their chains, from the newest back to when they were taken,
-- p_look of each at a time; due_at says that there is more, and details where to go on. A decision there that holds
-- something, is not recorded as ended and is unknown here was granted out of a lease and never told: it is entered as
-- expired. Its key is its id; what has another key is found by its id, too. It is told of as any other ending that is
-- missing, and what comes late finds it so.
--
-- LIMIT and OFFSET have each page, and what is known of its decisions, looked up by its own index: a join would read
-- every receipt there is.
--
-- Clocks of gates may be minutes off. Locks keys before leases, as tollgate.record does. To be called by one at a time.
CREATE FUNCTION tollgate.enter_untold(p_now bigint, p_grace bigint, p_look integer) RETURNS void
LANGUAGE plpgsql SET enable_bitmapscan = off AS $$
DECLARE
  v_pages jsonb;
BEGIN
  SELECT jsonb_agg(jsonb_build_array(l.key, l.chain, l.since, page.first, l.before, page.is_last)) INTO v_pages
  FROM (
    SELECT r.key, split_part(r.key, ' ', 2) AS chain, to_timestamp((r.created_at - 300000) / 1000.0) AS since,
      coalesce((r.details ->> 'before')::bigint, 9223372036854775807) AS before
    FROM tollgate.reservations r
    WHERE r.due_at <= p_now AND r.status = 'expired' AND starts_with(r.key, 'lease ') ORDER BY r.due_at LIMIT 10
  ) AS l CROSS JOIN LATERAL (
    SELECT coalesce(min(read.seq), 0) AS first, count(*) < p_look OR min(read.time) < l.since AS is_last
    FROM (
      SELECT e.seq, e.time FROM tollgate.receipts e WHERE e.chain = l.chain AND e.seq < l.before
      ORDER BY e.seq DESC LIMIT p_look
    ) AS read
  ) AS page;
  IF v_pages IS NULL THEN
    RETURN;
  END IF;
  INSERT INTO tollgate.reservations
    (key, id, digest, status, created_at, ended_at, expires_at, due_at, holds, claims)
  SELECT u.ref, u.ref, coalesce(u.body ->> 'enforced', u.body -> 'action' ->> 'digest'), 'expired',
    floor(extract(epoch FROM u.time) * 1000)::bigint, p_now, p_now, p_now, held.holds, held.claims
  FROM (
    SELECT DISTINCT ON (e.ref) e.ref, e.time, e.receipt::json -> 'body' AS body
    FROM jsonb_array_elements(v_pages) AS list(l) CROSS JOIN LATERAL (
      SELECT r.type, r.outcome, r.ref, r.time, r.receipt FROM tollgate.receipts r
      WHERE r.chain = l ->> 1 AND r.seq >= (l ->> 3)::bigint AND r.seq < (l ->> 4)::bigint ORDER BY r.seq LIMIT p_look
    ) AS e
    WHERE e.type = 'decision' AND e.outcome = 'held' AND e.time >= (l ->> 2)::timestamptz
      AND e.time <= to_timestamp((p_now - p_grace) / 1000.0)
      AND NOT EXISTS (SELECT FROM tollgate.reservations k WHERE k.key = e.ref OFFSET 0)
      AND NOT EXISTS (SELECT FROM tollgate.reservations k WHERE k.id = e.ref AND k.key <> k.id OFFSET 0)
      AND NOT EXISTS (SELECT FROM tollgate.receipts s WHERE s.ref = e.ref AND s.type = 'settlement' OFFSET 0)
      AND NOT EXISTS (
        SELECT FROM tollgate.forgotten f WHERE f.fingerprint = tollgate.fingerprint('key ' || e.ref) OFFSET 0
      )
    ORDER BY e.ref
  ) AS u CROSS JOIN LATERAL (
    SELECT coalesce(jsonb_agg(jsonb_build_array(c.budget, c.partition, c.window_id, c.unit, c.amount, 1) ORDER BY c.nth),
        '[]') AS holds,
      coalesce(jsonb_agg(jsonb_build_array(c.nth - 1, c.amount, NULL, false, NULL) ORDER BY c.nth), '[]') AS claims
    FROM (
      SELECT n.*, row_number() OVER (ORDER BY n.budget, n.partition, n.window_id, n.unit) AS nth
      FROM (
        SELECT (claim ->> 'budget') COLLATE "C" AS budget, (claim ->> 'partition') COLLATE "C" AS partition,
          (claim ->> 'window') COLLATE "C" AS window_id, (claim ->> 'unit') COLLATE "C" AS unit,
          claim ->> 'amount' AS amount
        FROM json_array_elements(u.body -> 'claims') AS claims(claim)
      ) AS n
    ) AS c
  ) AS held
  ORDER BY u.ref
  ON CONFLICT (key) DO NOTHING;
  PERFORM FROM tollgate.reservations r JOIN jsonb_array_elements(v_pages) AS list(l) ON r.key = l ->> 0
  ORDER BY r.key FOR UPDATE OF r;
  UPDATE tollgate.reservations r
  SET due_at = CASE WHEN (l ->> 5)::boolean THEN NULL ELSE r.due_at END,
    details = jsonb_build_object('before', l -> 3)
  FROM jsonb_array_elements(v_pages) AS list(l) WHERE r.key = l ->> 0;
END $$;
`;
