import { functionOptions, makeDurable } from "./function-options.ts";

/** The table of tokens that were shown, and `tollgate.use_token`. */
export const replayFunction: string = `
-- id: a token's fingerprint. step: who has shown it.
CREATE TABLE tollgate.shown_tokens (
  id text COLLATE "C" PRIMARY KEY,
  expires_at bigint NOT NULL,
  step text COLLATE "C" NOT NULL
);
CREATE INDEX shown_tokens_expired ON tollgate.shown_tokens (expires_at);

-- Takes note of a token, and answers whether it is this step that has shown it first. Forgets some that expired an
-- hour ago, by the caller's clock and by this one: late gates still take them, and one that is ahead is not believed.
CREATE FUNCTION tollgate.use_token(p_id text, p_expires_at bigint, p_now bigint, p_step text)
RETURNS boolean LANGUAGE plpgsql ${functionOptions} AS $$
BEGIN
  ${makeDurable}
  DELETE FROM tollgate.shown_tokens s WHERE s.id IN (
    SELECT e.id FROM tollgate.shown_tokens e
    WHERE e.expires_at <= least(p_now, floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint) - 3600000
    ORDER BY e.expires_at LIMIT 100 FOR UPDATE SKIP LOCKED
  );
  INSERT INTO tollgate.shown_tokens (id, expires_at, step) VALUES (p_id, p_expires_at, p_step)
  ON CONFLICT (id) DO NOTHING;
  RETURN EXISTS (SELECT FROM tollgate.shown_tokens s WHERE s.id = p_id AND s.step = p_step);
END $$;
`;
