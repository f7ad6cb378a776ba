import { functionOptions, makeDurable } from "./function-options.ts";

/**
 * The table of approvals, and what gates do with it: each function is one step, whoever else is at it.
 *
 * What was answered may be lost with the connection: whoever asks again with the same decision or step is answered
 * what was done before.
 */
export const approvalFunctions: string = `
-- request, answer: what else they say, as JSON that no text is in the way of. nth: counts the requests for one action
-- under one policy, so that of two at once one is made. answer_step, end_step: who answered it, and who ended it.
CREATE TABLE tollgate.approvals (
  position bigint GENERATED ALWAYS AS IDENTITY,
  id text COLLATE "C" PRIMARY KEY,
  status text COLLATE "C" NOT NULL,
  run text COLLATE "C" NOT NULL,
  digest text COLLATE "C" NOT NULL,
  policy text COLLATE "C",
  nth integer NOT NULL,
  requested_at bigint NOT NULL,
  expires_at bigint NOT NULL,
  request text NOT NULL,
  decision text COLLATE "C",
  answer text,
  answer_step text COLLATE "C",
  end_step text COLLATE "C"
);
-- The steps that nobody has said to be on record, and when that is missed.
CREATE TABLE tollgate.approval_steps (
  id text COLLATE "C" NOT NULL,
  status text COLLATE "C" NOT NULL,
  due bigint NOT NULL,
  PRIMARY KEY (id, status)
);
CREATE INDEX approval_steps_due ON tollgate.approval_steps (due);
CREATE UNIQUE INDEX approvals_nth ON tollgate.approvals (run, digest, coalesce(policy, ''), nth);
CREATE INDEX approvals_position ON tollgate.approvals (position);
CREATE INDEX approvals_open ON tollgate.approvals (expires_at) WHERE status IN ('pending', 'granted');
CREATE INDEX approvals_over ON tollgate.approvals (expires_at) WHERE status IN ('used', 'expired');
CREATE INDEX approvals_end ON tollgate.approvals (end_step) WHERE end_step IS NOT NULL;

-- Answers what stands for an action: see ApprovalStore.ask.
CREATE FUNCTION tollgate.ask_approval(
  p_id text, p_run text, p_digest text, p_policy text, p_requested_at bigint, p_expires_at bigint, p_request text,
  p_decision text
) RETURNS SETOF tollgate.approvals LANGUAGE plpgsql ${functionOptions} AS $$
DECLARE
  v_id text;
BEGIN
  ${makeDurable}
  PERFORM pg_advisory_xact_lock(hashtextextended('tollgate.ask_approval ' || p_digest || ' ' || p_run, 0));
  SELECT a.id INTO v_id FROM tollgate.approvals a
  WHERE a.run = p_run AND a.digest = p_digest AND a.status = 'used' AND a.decision = p_decision LIMIT 1;
  IF v_id IS NULL THEN
    SELECT a.id INTO v_id FROM tollgate.approvals a
    WHERE a.run = p_run AND a.digest = p_digest AND a.status = 'denied' ORDER BY a.position DESC LIMIT 1;
  END IF;
  IF v_id IS NULL THEN
    UPDATE tollgate.approvals u SET status = 'used', decision = p_decision
    WHERE u.status = 'granted' AND u.id = (
      SELECT a.id FROM tollgate.approvals a
      WHERE a.run = p_run AND a.digest = p_digest AND a.status = 'granted' AND a.policy IS NOT DISTINCT FROM p_policy
        AND a.expires_at > p_requested_at
      ORDER BY a.position LIMIT 1 FOR UPDATE
    ) RETURNING u.id INTO v_id;
  END IF;
  IF v_id IS NULL THEN
    SELECT a.id INTO v_id FROM tollgate.approvals a
    WHERE a.run = p_run AND a.digest = p_digest AND a.status = 'pending' AND a.policy IS NOT DISTINCT FROM p_policy
      AND a.expires_at > p_requested_at
    ORDER BY a.position LIMIT 1;
  END IF;
  IF v_id IS NULL THEN
    v_id := p_id;
    INSERT INTO tollgate.approvals (id, status, run, digest, policy, nth, requested_at, expires_at, request)
    SELECT p_id, 'pending', p_run, p_digest, p_policy, 1 + coalesce(max(a.nth), 0), p_requested_at, p_expires_at,
      p_request
    FROM tollgate.approvals a
    WHERE a.run = p_run AND a.digest = p_digest AND coalesce(a.policy, '') = coalesce(p_policy, '')
    ON CONFLICT (run, digest, coalesce(policy, ''), nth) DO NOTHING;
    IF NOT FOUND THEN
      RAISE EXCEPTION USING ERRCODE = 'serialization_failure', MESSAGE = 'another process asked at the same time';
    END IF;
  END IF;
  RETURN QUERY SELECT * FROM tollgate.approvals a WHERE a.id = v_id;
END $$;

-- Answers one that is pending; answer_step tells whose answer it has.
CREATE FUNCTION tollgate.answer_approval(
  p_id text, p_status text, p_answer text, p_at bigint, p_step text, p_due bigint
) RETURNS SETOF tollgate.approvals LANGUAGE plpgsql ${functionOptions} AS $$
BEGIN
  ${makeDurable}
  UPDATE tollgate.approvals a SET status = p_status, answer = p_answer, answer_step = p_step
  WHERE a.id = p_id AND a.status = 'pending' AND a.expires_at > p_at;
  IF FOUND THEN
    INSERT INTO tollgate.approval_steps (id, status, due) VALUES (p_id, p_status, p_due)
    ON CONFLICT (id, status) DO UPDATE SET due = p_due;
  END IF;
  RETURN QUERY SELECT * FROM tollgate.approvals a WHERE a.id = p_id;
END $$;

CREATE FUNCTION tollgate.give_back_approval(p_id text, p_decision text) RETURNS void
LANGUAGE plpgsql ${functionOptions} AS $$
BEGIN
  ${makeDurable}
  UPDATE tollgate.approvals a SET status = 'granted', decision = NULL
  WHERE a.id = p_id AND a.status = 'used' AND a.decision = p_decision;
END $$;

CREATE FUNCTION tollgate.withdraw_approval(p_id text) RETURNS void LANGUAGE plpgsql ${functionOptions} AS $$
BEGIN
  ${makeDurable}
  DELETE FROM tollgate.approvals a WHERE a.id = p_id AND a.status = 'pending';
END $$;

-- Ends what has run out and answers it; forgets some of what was used or ran out before p_forget.
CREATE FUNCTION tollgate.expire_approvals(p_now bigint, p_forget bigint, p_step text, p_due bigint)
RETURNS SETOF tollgate.approvals LANGUAGE plpgsql ${functionOptions} AS $$
BEGIN
  ${makeDurable}
  WITH due AS MATERIALIZED (
    SELECT a.id FROM tollgate.approvals a
    WHERE a.status IN ('pending', 'granted') AND a.expires_at <= p_now ORDER BY a.id FOR UPDATE
  )
  UPDATE tollgate.approvals a SET status = 'expired', end_step = p_step FROM due WHERE a.id = due.id;
  IF FOUND THEN
    INSERT INTO tollgate.approval_steps (id, status, due)
    SELECT a.id, 'expired', p_due FROM tollgate.approvals a WHERE a.end_step = p_step
    ON CONFLICT (id, status) DO UPDATE SET due = p_due;
    WITH gone AS (
      DELETE FROM tollgate.approvals a WHERE a.id IN (
        SELECT o.id FROM tollgate.approvals o
        WHERE o.status IN ('used', 'expired') AND o.expires_at <= p_forget LIMIT 100 FOR UPDATE SKIP LOCKED
      ) RETURNING a.id
    )
    DELETE FROM tollgate.approval_steps s USING gone WHERE s.id = gone.id;
  END IF;
  RETURN QUERY SELECT * FROM tollgate.approvals a WHERE a.end_step = p_step ORDER BY a.position;
END $$;

-- Answers steps that nobody has said to be on record in time, each to one caller; they are missed again at p_due.
CREATE FUNCTION tollgate.untold_approvals(p_now bigint, p_due bigint)
RETURNS TABLE (step_status text, approval tollgate.approvals) LANGUAGE plpgsql ${functionOptions} AS $$
BEGIN
  ${makeDurable}
  RETURN QUERY
  WITH due AS MATERIALIZED (
    SELECT s.id, s.status FROM tollgate.approval_steps s WHERE s.due <= p_now
    ORDER BY s.due, s.id LIMIT 100 FOR UPDATE SKIP LOCKED
  ), taken AS (
    UPDATE tollgate.approval_steps s SET due = p_due FROM due WHERE s.id = due.id AND s.status = due.status
    RETURNING s.id, s.status
  )
  SELECT taken.status, a FROM taken JOIN tollgate.approvals a ON a.id = taken.id ORDER BY a.position, taken.status;
END $$;

-- Forgets a step that is on record.
CREATE FUNCTION tollgate.approval_recorded(p_id text, p_status text) RETURNS void
LANGUAGE plpgsql ${functionOptions} AS $$
BEGIN
  ${makeDurable}
  DELETE FROM tollgate.approval_steps s WHERE s.id = p_id AND s.status = p_status;
END $$;
`;
