-- Tables that grow by the day are cut by the day (UTC), so that what has served its time goes as a
-- whole. Rows of times that have no partition (a clock that is wrong, an upgrade) stand in
-- `<table>_other` until there is one.

CREATE TABLE partitioned_tables (
  name text PRIMARY KEY,
  key_column text NOT NULL,
  -- day, month
  period text NOT NULL CHECK (period IN ('day', 'month')),
  -- Below 100 for tables whose rows are updated in place
  fill integer NOT NULL DEFAULT 100
);
INSERT INTO partitioned_tables VALUES
  ('journal', 'day', 'day'), ('meter_values', 'at', 'day'), ('frame_log', 'at', 'day');

-- What is there becomes the default partition: no row is copied while everybody waits.
ALTER TABLE meter_values RENAME TO meter_values_other;
CREATE TABLE meter_values (LIKE meter_values_other INCLUDING DEFAULTS) PARTITION BY RANGE (at);
-- A session's values are found by its station, and by the time that session_progress knows: a
-- second index by session would cost as much as the rows.
DROP INDEX meter_values_station;
CREATE INDEX meter_values_station_at ON meter_values (tenant, station_id, at);
CREATE INDEX meter_values_at ON meter_values USING brin (at) WITH (autosummarize = on);
ALTER TABLE meter_values ATTACH PARTITION meter_values_other DEFAULT;

ALTER TABLE session_progress ADD COLUMN first_at timestamptz;
COMMENT ON COLUMN session_progress.first_at IS 'The oldest meter value; `at` is the newest';
UPDATE session_progress p SET first_at = m.first_at, at = greatest(p.at, m.last_at)
  FROM (SELECT tenant, session_id, min(at) AS first_at, max(at) AS last_at
    FROM meter_values_other WHERE session_id IS NOT NULL GROUP BY tenant, session_id) m
  WHERE m.tenant = p.tenant AND m.session_id = p.session_id;
DROP INDEX meter_values_session;

-- Servers before 17 have no identity columns in partitions.
CREATE SEQUENCE frame_log_ids;
SELECT setval('frame_log_ids', coalesce(max(id), 0) + 1, false) FROM frame_log;
ALTER TABLE frame_log ALTER COLUMN id DROP IDENTITY;
ALTER TABLE frame_log DROP CONSTRAINT frame_log_pkey;
ALTER TABLE frame_log ALTER COLUMN id SET DEFAULT nextval('frame_log_ids');
ALTER SEQUENCE frame_log_ids OWNED BY NONE;
ALTER TABLE frame_log RENAME TO frame_log_other;
ALTER INDEX frame_log_station RENAME TO frame_log_other_station;
CREATE TABLE frame_log (LIKE frame_log_other INCLUDING DEFAULTS, PRIMARY KEY (id, at))
  PARTITION BY RANGE (at);
CREATE INDEX frame_log_station ON frame_log (tenant, station_id, at DESC);
CREATE INDEX frame_log_at ON frame_log USING brin (at) WITH (autosummarize = on);
ALTER TABLE frame_log ATTACH PARTITION frame_log_other DEFAULT;

CREATE INDEX journal_at ON journal USING brin (at) WITH (autosummarize = on);

DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['meter_values', 'frame_log'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY tenant_isolation ON %I
      USING (tenant = current_setting(''statewatt.tenant'', true))
      WITH CHECK (tenant = current_setting(''statewatt.tenant'', true))', name);
    EXECUTE format('REVOKE ALL ON %I FROM statewatt_api', name || '_other');
  END LOOP;
END $$;
GRANT SELECT ON meter_values, frame_log TO statewatt_api;

-- The day or month that a partition begins with, from its name (null: the default partition).
CREATE FUNCTION partition_begin(parent text, partition text) RETURNS date LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN suffix ~ '^\d{8}$' THEN to_date(suffix, 'YYYYMMDD')
    WHEN suffix ~ '^\d{6}$' THEN to_date(suffix, 'YYYYMM') END
  FROM substr(partition, length(parent) + 2) AS suffix
$$;

-- Makes the partition that holds `moment` and brings the rows there that had none. Repeatable.
-- Reads and other partitions go on; the default partition takes no rows meanwhile.
CREATE FUNCTION ensure_partition(parent text, moment date) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
  cut partitioned_tables;
  low date;
  high date;
  name text;
  other text := parent || '_other';
  moved bigint;
BEGIN
  SELECT * INTO STRICT cut FROM partitioned_tables t WHERE t.name = parent;
  low := date_trunc(cut.period, moment::timestamp)::date;
  high := (low + ('1 ' || cut.period)::interval)::date;
  name := parent || '_' || to_char(low, CASE cut.period WHEN 'day' THEN 'YYYYMMDD' ELSE 'YYYYMM' END);
  IF to_regclass(name) IS NOT NULL THEN RETURN 0; END IF;
  -- Two makers would meet in the catalogue.
  PERFORM pg_advisory_xact_lock(hashtext('statewatt partitions'));
  IF to_regclass(name) IS NOT NULL THEN RETURN 0; END IF;

  EXECUTE format('LOCK TABLE %I IN SHARE ROW EXCLUSIVE MODE', other);
  EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL) WITH (fillfactor = %s)', name, parent, cut.fill);
  EXECUTE format(
    'WITH moved AS (DELETE FROM %1$I WHERE %2$I >= %3$L AND %2$I < %4$L RETURNING *)
     INSERT INTO %5$I SELECT * FROM moved',
    other, cut.key_column, low || ' 00:00:00+00', high || ' 00:00:00+00', name);
  GET DIAGNOSTICS moved = ROW_COUNT;
  EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
    parent, name, low || ' 00:00:00+00', high || ' 00:00:00+00');
  RETURN moved;
END $$;

-- Partitions of all tables from the day before `today` to seven days after: tomorrow's must exist
-- when all workers were down around midnight. Repeatable.
CREATE FUNCTION ensure_partitions(today date) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM ensure_partition(t.name, day::date)
    FROM partitioned_tables t, generate_series(today - 1, today + 7, interval '1 day') AS day
    ORDER BY t.name, day;
END $$;
