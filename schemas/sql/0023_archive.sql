-- Sessions that ended are packed away with their journal; partitions that have served go as a whole.
-- What somebody still needs of them is carried over to the default partition.

CREATE TABLE session_archive (
  tenant text NOT NULL,
  session_id text NOT NULL,
  station_id text NOT NULL,
  -- Of the session's rows in this part; what comes after an archival makes another part
  first_seq bigint NOT NULL,
  last_seq bigint NOT NULL,
  row_count integer NOT NULL,
  ended_at timestamptz NOT NULL,
  -- The newest code revision that wrote one of the rows
  revision integer NOT NULL,
  -- zstd, gzip
  codec text NOT NULL,
  -- JSON of the rows, and of those of its charger that stepped it
  body bytea NOT NULL,
  archived_at timestamptz NOT NULL,
  PRIMARY KEY (tenant, session_id, first_seq)
);
ALTER TABLE session_archive ALTER COLUMN body SET STORAGE EXTERNAL;
CREATE INDEX session_archive_ended ON session_archive USING brin (ended_at);
ALTER TABLE session_archive ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON session_archive
  USING (tenant = current_setting('statewatt.tenant', true))
  WITH CHECK (tenant = current_setting('statewatt.tenant', true));
GRANT SELECT ON session_archive TO statewatt_api;

ALTER TABLE sessions ADD COLUMN archived_at timestamptz;
CREATE INDEX sessions_unarchived ON sessions (ended_at)
  WHERE status = 'closed' AND archived_at IS NULL;
CREATE INDEX sessions_open ON sessions (tenant, id) WHERE status = 'open';
CREATE INDEX station_days_day ON station_days USING brin (day);

-- Followers that have not read all of a partition of the journal.
CREATE FUNCTION followers_behind(partition text) RETURNS TABLE (follower text)
LANGUAGE plpgsql AS $$
BEGIN
  RETURN QUERY EXECUTE format('SELECT DISTINCT f.name
    FROM (SELECT shard, max(seq) AS seq FROM %I GROUP BY shard) p
    CROSS JOIN (SELECT DISTINCT name FROM cursors WHERE shard >= 0) f
    LEFT JOIN cursors c ON c.name = f.name AND c.shard = p.shard
    WHERE coalesce(c.seq, 0) < p.seq ORDER BY 1', partition);
END $$;

-- Ended sessions with rows in a partition of the journal that no archive has.
CREATE FUNCTION unarchived_sessions(partition text) RETURNS TABLE (tenant text, session_id text)
LANGUAGE plpgsql AS $$
BEGIN
  RETURN QUERY EXECUTE format('SELECT s.tenant, s.id
    FROM (SELECT p.tenant, p.actor, max(p.seq) AS seq FROM %I p
      WHERE starts_with(p.actor, p.tenant || '':session/'') GROUP BY 1, 2) j
    JOIN sessions s ON s.tenant = j.tenant AND s.id = substr(j.actor, length(j.tenant) + 10)
    WHERE s.status = ''closed'' AND NOT EXISTS (SELECT FROM session_archive a
      WHERE a.tenant = s.tenant AND a.session_id = s.id AND a.last_seq >= j.seq)', partition);
END $$;

-- Which rows (p) of a table outlive their partition: what a recovery folds on top of a snapshot, what
-- a running session has, and the steps of its charger that stepped it.
CREATE FUNCTION outliving(parent text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE parent
    WHEN 'journal' THEN $sql$(
      p.class = 'S' AND p.seq > (SELECT n.seq FROM snapshots n WHERE n.actor = p.actor)
      OR p.actor IN (SELECT o.tenant || ':session/' || o.id FROM sessions o WHERE o.status = 'open')
      OR p.class = 'T' AND starts_with(p.actor, p.tenant || ':charger/')
        AND strpos(p.effects, ':session/') > 0 AND EXISTS (SELECT FROM sessions o
          WHERE o.tenant = p.tenant AND o.status = 'open'
            AND o.station_id = replace(replace(substr(p.actor, length(p.tenant) + 10), '%7E', '~'),
              '%25', '%')
            AND strpos(p.effects, to_json(o.tenant || ':session/' || o.id)::text) > 0)
    )$sql$
    WHEN 'meter_values' THEN $sql$EXISTS (SELECT FROM sessions o
      WHERE o.tenant = p.tenant AND o.id = p.session_id AND o.status = 'open')$sql$
    ELSE 'false' END
$$;

-- Drops a partition and carries over what outlives it; `held_by` says why it did not. Waits for locks
-- no longer than lock_timeout says: whoever writes to the table waits behind it.
CREATE FUNCTION retire_partition(
  parent text, partition text, carried_max bigint, OUT carried bigint, OUT held_by text
) LANGUAGE plpgsql AS $$
BEGIN
  carried := 0;
  IF parent = 'journal' THEN
    SELECT string_agg('follower ' || follower, ', ') INTO held_by FROM followers_behind(partition);
    IF held_by IS NULL AND EXISTS (SELECT FROM unarchived_sessions(partition)) THEN
      held_by := 'session without archive';
    END IF;
    IF held_by IS NOT NULL THEN RETURN; END IF;
  END IF;
  EXECUTE format('LOCK TABLE %I IN SHARE MODE', partition);
  EXECUTE format('CREATE TEMP TABLE carried_rows ON COMMIT DROP AS SELECT p.* FROM %I p WHERE %s LIMIT %s',
    partition, outliving(parent), carried_max + 1);
  GET DIAGNOSTICS carried = ROW_COUNT;
  IF carried > carried_max THEN
    DROP TABLE carried_rows;
    carried := 0;
    held_by := 'too many running sessions';
    RETURN;
  END IF;
  EXECUTE format('ALTER TABLE %I DETACH PARTITION %I', parent, partition);
  EXECUTE format('INSERT INTO %I SELECT * FROM carried_rows', parent);
  EXECUTE format('DROP TABLE %I', partition);
  DROP TABLE carried_rows;
END $$;

-- Deletes up to `row_max` rows from before `day` of a default partition that nobody needs any more.
CREATE FUNCTION sweep_other(parent text, before date, row_max integer) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
  other text := parent || '_other';
  cut partitioned_tables;
  swept bigint;
BEGIN
  SELECT * INTO STRICT cut FROM partitioned_tables t WHERE t.name = parent;
  IF parent = 'journal' AND (EXISTS (SELECT FROM followers_behind(other))
    OR EXISTS (SELECT FROM unarchived_sessions(other))) THEN
    RETURN 0;
  END IF;
  EXECUTE format('DELETE FROM %1$I WHERE ctid IN (SELECT p.ctid FROM %1$I p
    WHERE p.%2$I < %3$L AND (%4$s) IS NOT TRUE LIMIT %5$s)',
    other, cut.key_column, before || ' 00:00:00+00', outliving(parent), row_max);
  GET DIAGNOSTICS swept = ROW_COUNT;
  RETURN swept;
END $$;

-- Days or months that have rows in the default partition, from `since` until seven days after `today`.
CREATE FUNCTION waiting_periods(parent text, since date, today date)
RETURNS TABLE (period_begin date) LANGUAGE plpgsql SET timezone = 'UTC' AS $$
DECLARE
  cut partitioned_tables;
BEGIN
  SELECT * INTO STRICT cut FROM partitioned_tables t WHERE t.name = parent;
  RETURN QUERY EXECUTE format('SELECT DISTINCT date_trunc(%L, %I::timestamp)::date FROM %I
    WHERE %I >= %L AND %I < %L ORDER BY 1', cut.period, cut.key_column, parent || '_other',
    cut.key_column, since || ' 00:00:00+00', cut.key_column, (today + 8) || ' 00:00:00+00');
END $$;
