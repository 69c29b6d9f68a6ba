-- Where the TimescaleDB extension is installed, meter values are a hypertable whose old chunks are
-- compressed. Decided only while the table is empty: an installation that has values keeps what it has.

-- Statements that make it so, in order. Row-level security and compression exclude each other there: a
-- view of the old name holds the tenants apart, for the role of the api alone.
CREATE FUNCTION timescale_statements() RETURNS text[] LANGUAGE sql IMMUTABLE AS $$
  SELECT ARRAY[
    'CREATE TABLE meter_value_chunks (LIKE meter_values INCLUDING DEFAULTS)',
    'SELECT create_hypertable(''meter_value_chunks'', ''at'', chunk_time_interval => interval ''1 day'',
      create_default_indexes => false)',
    'CREATE INDEX meter_value_chunks_station_at ON meter_value_chunks (station_id, at)',
    'ALTER TABLE meter_value_chunks SET (timescaledb.compress,
      timescaledb.compress_segmentby = ''tenant, station_id'',
      timescaledb.compress_orderby = ''at, seq, ordinal'')',
    'SELECT add_compression_policy(''meter_value_chunks'', interval ''7 days'')',
    'DROP TABLE meter_values',
    'DELETE FROM partitioned_tables WHERE name = ''meter_values''',
    'CREATE VIEW meter_values WITH (security_barrier) AS SELECT * FROM meter_value_chunks
      WHERE current_user <> ''statewatt_api'' OR tenant = current_setting(''statewatt.tenant'', true)',
    'GRANT SELECT ON meter_values TO statewatt_api'
  ]
$$;

-- True when meter values are a hypertable. Repeatable; changes all or nothing.
CREATE FUNCTION adopt_timescale() RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  statement text;
BEGIN
  IF to_regclass('meter_value_chunks') IS NOT NULL THEN RETURN true; END IF;
  IF NOT EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb') THEN RETURN false; END IF;
  LOCK TABLE meter_values IN ACCESS EXCLUSIVE MODE;
  IF EXISTS (SELECT FROM meter_values) THEN RETURN false; END IF;
  FOREACH statement IN ARRAY timescale_statements() LOOP
    EXECUTE statement;
  END LOOP;
  RETURN true;
END $$;

-- As before, after a look at the extension. What fails there leaves the partitions as they are.
CREATE OR REPLACE FUNCTION ensure_partitions(today date) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  BEGIN
    PERFORM adopt_timescale();
  EXCEPTION WHEN OTHERS THEN
    RAISE WARNING 'meter values stay in partitions: %', SQLERRM;
  END;
  PERFORM ensure_partition(t.name, day::date)
    FROM partitioned_tables t, generate_series(today - 1, today + 7, interval '1 day') AS day
    ORDER BY t.name, day;
END $$;

-- Drops chunks from before `day`, none that a running session has values in: they cannot be carried
-- over. Gives how many.
CREATE FUNCTION drop_meter_value_chunks(before date) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  until timestamptz := before::timestamp AT TIME ZONE 'UTC';
  dropped integer;
BEGIN
  SELECT least(until, min(p.first_at)) INTO until FROM sessions s
    JOIN session_progress p ON p.tenant = s.tenant AND p.session_id = s.id
    WHERE s.status = 'open';
  EXECUTE 'SELECT count(*) FROM drop_chunks(''meter_value_chunks'', older_than => $1)'
    INTO dropped USING until;
  RETURN dropped;
END $$;
