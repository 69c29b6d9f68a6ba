-- The actor engine: who owns a shard, what happened, what is to be done. Forward only, never edited.

CREATE TABLE installation (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  shard_count integer NOT NULL CHECK (shard_count BETWEEN 1 AND 65536),
  installed_at timestamptz NOT NULL DEFAULT now()
);

CREATE SEQUENCE worker_incarnation;
-- Positive int32, unique over the platform, never reused (OCPP 1.6 transaction ids). Drawn in blocks.
CREATE SEQUENCE transaction_id_block START 1 INCREMENT 1 MAXVALUE 33554431;

CREATE TABLE shards (
  shard integer PRIMARY KEY,
  epoch bigint NOT NULL DEFAULT 0,
  owner text NOT NULL DEFAULT '',
  last_seq bigint NOT NULL DEFAULT 0,
  last_batch text NOT NULL DEFAULT ''
) WITH (fillfactor = 50);

CREATE TABLE journal (
  day date NOT NULL,
  shard integer NOT NULL,
  seq bigint NOT NULL,
  tenant text NOT NULL,
  actor text NOT NULL,
  -- T = transition, S = sample
  class "char" NOT NULL,
  at timestamptz NOT NULL,
  type text NOT NULL,
  revision integer NOT NULL,
  header text,
  body text,
  inputs text,
  reply text,
  effects text,
  facts text,
  PRIMARY KEY (shard, seq, day)
) PARTITION BY RANGE (day);
CREATE INDEX journal_actor_seq ON journal (actor, seq);
CREATE TABLE journal_other PARTITION OF journal DEFAULT;

CREATE TABLE snapshots (
  actor text PRIMARY KEY,
  tenant text NOT NULL,
  shard integer NOT NULL,
  seq bigint NOT NULL,
  version integer NOT NULL,
  body text NOT NULL
) WITH (fillfactor = 60);

CREATE TABLE alarms (
  actor text NOT NULL,
  name text NOT NULL,
  tenant text NOT NULL,
  shard integer NOT NULL,
  due timestamptz NOT NULL,
  generation bigint NOT NULL,
  event text NOT NULL,
  PRIMARY KEY (actor, name)
);
CREATE INDEX alarms_shard ON alarms (shard);

CREATE TABLE outbox (
  id text PRIMARY KEY,
  tenant text NOT NULL,
  shard integer NOT NULL,
  receiver text NOT NULL,
  event text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX outbox_shard ON outbox (shard);

CREATE TABLE inbox (
  id text PRIMARY KEY,
  tenant text NOT NULL,
  received_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX inbox_received ON inbox (received_at);

CREATE TABLE dead_letters (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant text NOT NULL,
  actor text NOT NULL,
  type text NOT NULL,
  header text,
  body text,
  reason text NOT NULL,
  at timestamptz NOT NULL DEFAULT now()
);

-- How far a follower (relay, projection) has read the journal of a shard.
CREATE TABLE cursors (
  name text NOT NULL,
  shard integer NOT NULL,
  seq bigint NOT NULL,
  PRIMARY KEY (name, shard)
) WITH (fillfactor = 50);

CREATE TABLE idempotency (
  tenant text NOT NULL,
  principal text NOT NULL,
  key text NOT NULL,
  request_hash text NOT NULL,
  status integer NOT NULL,
  body text NOT NULL,
  headers text NOT NULL DEFAULT '{}',
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (tenant, principal, key)
);

-- One batch of one worker, whole or not at all. Fenced by the shards' epochs: the first thing it does
-- is to move last_seq of each shard from exactly what the worker believes it is.
-- Raises SW001 when an epoch or last_seq differs.
CREATE FUNCTION commit_batch(
  batch_id text, fence text, journal_rows text, snapshot_rows text, rest text
) RETURNS void LANGUAGE plpgsql
SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
  expected integer := json_array_length(fence::json);
  moved integer;
  more json;
BEGIN
  UPDATE shards s SET last_seq = b.last, last_batch = batch_id
    FROM (
      SELECT * FROM json_to_recordset(fence::json)
        AS f(shard integer, epoch bigint, prev bigint, last bigint) ORDER BY shard
    ) b
    WHERE s.shard = b.shard AND s.epoch = b.epoch AND s.last_seq = b.prev;
  GET DIAGNOSTICS moved = ROW_COUNT;
  IF moved <> expected THEN
    RAISE EXCEPTION 'stale epoch or sequence' USING ERRCODE = 'SW001';
  END IF;

  INSERT INTO journal (day, shard, seq, tenant, actor, class, at, type, revision,
      header, body, inputs, reply, effects, facts)
    SELECT (to_timestamp(at / 1000.0) AT TIME ZONE 'UTC')::date, shard, seq, tenant, actor, class,
      to_timestamp(at / 1000.0), type, revision, header, body, inputs, reply, effects, facts
    FROM json_to_recordset(journal_rows::json) AS j(
      shard integer, seq bigint, tenant text, actor text, class "char", at double precision, type text,
      revision integer, header text, body text, inputs text, reply text, effects text, facts text);

  IF snapshot_rows <> '' THEN
    INSERT INTO snapshots (actor, tenant, shard, seq, version, body)
      SELECT actor, tenant, shard, seq, version, body FROM json_to_recordset(snapshot_rows::json)
        AS n(actor text, tenant text, shard integer, seq bigint, version integer, body text)
      ON CONFLICT (actor) DO UPDATE
        SET seq = excluded.seq, version = excluded.version, body = excluded.body;
  END IF;

  IF rest <> '' THEN
    more := rest::json;
    DELETE FROM alarms a USING json_to_recordset(more->'disarmed') AS d(actor text, name text)
      WHERE a.actor = d.actor AND a.name = d.name;
    INSERT INTO alarms (actor, name, tenant, shard, due, generation, event)
      SELECT actor, name, tenant, shard, to_timestamp(due / 1000.0), generation, event
      FROM json_to_recordset(more->'armed') AS r(actor text, name text, tenant text, shard integer,
        due double precision, generation bigint, event text)
      ON CONFLICT (actor, name) DO UPDATE
        SET due = excluded.due, generation = excluded.generation, event = excluded.event;
    INSERT INTO inbox (id, tenant)
      SELECT id, tenant FROM json_to_recordset(more->'inbox') AS i(id text, tenant text);
    INSERT INTO outbox (id, tenant, shard, receiver, event)
      SELECT id, tenant, shard, receiver, event FROM json_to_recordset(more->'outbox')
        AS o(id text, tenant text, shard integer, receiver text, event text);
    INSERT INTO idempotency (tenant, principal, key, request_hash, status, body, expires_at)
      SELECT tenant, principal, key, request_hash, status, body, now() + interval '24 hours'
      FROM json_to_recordset(more->'idempotency') AS k(tenant text, principal text, key text,
        request_hash text, status integer, body text);
    IF json_typeof(more->'views') = 'object' THEN
      PERFORM apply_views(more->'views');
    END IF;
  END IF;
END $$;
