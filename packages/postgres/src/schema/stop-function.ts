import { functionOptions, makeDurable } from "./function-options.ts";

/** The table of stops, `tollgate.add_stop` and `tollgate.lift_stop`. */
export const stopFunction: string = `
-- name, reason: as JSON, which no text is in the way of; no reason where it was lifted. step: who stopped or lifted it.
CREATE TABLE tollgate.stops (
  name text COLLATE "C" PRIMARY KEY,
  position bigint GENERATED ALWAYS AS IDENTITY,
  reason text,
  stopped_at bigint NOT NULL,
  step text COLLATE "C" NOT NULL
);
CREATE UNIQUE INDEX stops_position ON tollgate.stops (position);
CREATE INDEX stops_runs ON tollgate.stops (stopped_at) WHERE name NOT LIKE '% %';

-- Keeps a stop, and answers whether it is this step's; forgets stops of runs before p_forget.
CREATE FUNCTION tollgate.add_stop(p_name text, p_reason text, p_at bigint, p_forget bigint, p_step text)
RETURNS boolean LANGUAGE plpgsql ${functionOptions} AS $$
BEGIN
  ${makeDurable}
  -- One at a time, until it is committed: whoever has seen a position has seen all before it.
  PERFORM pg_advisory_xact_lock(hashtextextended('tollgate.add_stop', 0));
  -- A gate's clock that is ahead must not have the stops of others forgotten.
  DELETE FROM tollgate.stops s
  WHERE s.stopped_at <= p_forget + least(0, floor(extract(epoch FROM clock_timestamp()) * 1000) - p_at)
    AND s.name NOT LIKE '% %';
  INSERT INTO tollgate.stops AS s (name, reason, stopped_at, step) VALUES (p_name, p_reason, p_at, p_step)
  ON CONFLICT (name) DO UPDATE SET position = DEFAULT, reason = p_reason, stopped_at = p_at, step = p_step
  WHERE s.reason IS NULL;
  RETURN EXISTS (SELECT FROM tollgate.stops s WHERE s.name = p_name AND s.step = p_step);
END $$;

-- Lifts a stop, and answers whether this step did. Whoever looks is told, as of a new stop.
CREATE FUNCTION tollgate.lift_stop(p_name text, p_at bigint, p_step text)
RETURNS boolean LANGUAGE plpgsql ${functionOptions} AS $$
BEGIN
  ${makeDurable}
  PERFORM pg_advisory_xact_lock(hashtextextended('tollgate.add_stop', 0));
  UPDATE tollgate.stops s SET position = DEFAULT, reason = NULL, stopped_at = p_at, step = p_step
  WHERE s.name = p_name AND s.reason IS NOT NULL;
  RETURN EXISTS (SELECT FROM tollgate.stops s WHERE s.name = p_name AND s.step = p_step);
END $$;
`;
