-- Roll-ups of energy: per session and quarter of an hour, per station and day (UTC). Written by the
-- follower of the meter values in the transaction that moves its cursor; what a session has booked is
-- noted with its progress, so that a repeated or corrected reading only books the difference.

CREATE TABLE session_quarters (
  tenant text NOT NULL,
  station_id text NOT NULL,
  -- Begin of the quarter
  quarter timestamptz NOT NULL,
  session_id text NOT NULL,
  energy_wh bigint NOT NULL,
  -- The largest reading of the quarter; null: none
  max_power_w double precision,
  -- How long the session ran in this quarter
  seconds integer NOT NULL,
  -- 1 in the quarter in which the session began
  starts smallint NOT NULL,
  PRIMARY KEY (tenant, station_id, quarter, session_id)
) PARTITION BY RANGE (quarter);
CREATE TABLE session_quarters_other PARTITION OF session_quarters DEFAULT;
INSERT INTO partitioned_tables VALUES ('session_quarters', 'quarter', 'month', 70);

CREATE TABLE station_days (
  tenant text NOT NULL,
  station_id text NOT NULL,
  day date NOT NULL,
  energy_wh bigint NOT NULL,
  max_power_w double precision,
  seconds bigint NOT NULL,
  -- Sessions that began on this day
  sessions integer NOT NULL,
  PRIMARY KEY (tenant, station_id, day)
) WITH (fillfactor = 70);

-- What is in the roll-ups of this session: its time from … to …, its energy, and whether that is its
-- end's. Null: nothing yet.
ALTER TABLE session_progress ADD COLUMN booked_from timestamptz, ADD COLUMN booked_to timestamptz,
  ADD COLUMN booked_wh bigint, ADD COLUMN booked_final boolean;

-- Sessions that ended before there were roll-ups: evenly over their time. Running ones are booked from
-- their start by the next reading.
WITH done AS (
  SELECT tenant, id, station_id, energy_wh, ended_at,
    -- What lasted longer than a month counts in its last one, as it does for the follower.
    greatest(started_at, ended_at - interval '31 days') AS started_at
  FROM sessions WHERE status = 'closed' AND ended_at >= started_at
), parts AS (
  SELECT d.*, q AS quarter,
    CASE WHEN ended_at = started_at THEN 0 ELSE greatest(0, extract(epoch FROM q - started_at)
      / extract(epoch FROM ended_at - started_at)) END AS share_before,
    CASE WHEN ended_at = started_at THEN 1 ELSE least(1, extract(epoch FROM
      q + interval '15 minutes' - started_at) / extract(epoch FROM ended_at - started_at))
      END AS share_after,
    greatest(0, extract(epoch FROM least(ended_at, q + interval '15 minutes')
      - greatest(started_at, q))) AS seconds
  FROM done d, generate_series(date_bin('15 minutes', started_at, 'epoch'),
    greatest(date_bin('15 minutes', started_at, 'epoch'), ended_at - interval '1 ms'),
    interval '15 minutes') AS q
)
INSERT INTO session_quarters
  SELECT tenant, station_id, quarter, id,
    round(energy_wh * share_after) - round(energy_wh * share_before), NULL, seconds,
    (row_number() OVER (PARTITION BY tenant, id ORDER BY quarter) = 1)::int
  FROM parts;
INSERT INTO station_days
  SELECT tenant, station_id, (quarter AT TIME ZONE 'UTC')::date, sum(energy_wh), NULL, sum(seconds),
    sum(starts)
  FROM session_quarters GROUP BY 1, 2, 3;
INSERT INTO session_progress (tenant, session_id, at, booked_from, booked_to, booked_wh, booked_final)
  SELECT tenant, id, started_at, started_at, ended_at, energy_wh, true
  FROM sessions WHERE status = 'closed' AND ended_at >= started_at
  ON CONFLICT (tenant, session_id) DO UPDATE SET booked_from = excluded.booked_from,
    booked_to = excluded.booked_to, booked_wh = excluded.booked_wh, booked_final = true;

DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['session_quarters', 'station_days'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY tenant_isolation ON %I
      USING (tenant = current_setting(''statewatt.tenant'', true))
      WITH CHECK (tenant = current_setting(''statewatt.tenant'', true))', name);
  END LOOP;
END $$;
GRANT SELECT ON session_quarters, station_days TO statewatt_api;
