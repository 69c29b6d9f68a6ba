-- Webhooks: who wants to be told of facts, and what is still to be told. Instants are those of the api's clock.

CREATE TABLE webhooks (
  tenant text NOT NULL,
  id text NOT NULL,
  url text NOT NULL,
  -- `session`, or `session.started`; empty = all
  kinds text[] NOT NULL,
  -- NULL = all
  stations text[],
  enabled boolean NOT NULL,
  -- AES-256-GCM under a key of SERVER_KEY, base64
  sealed_secret text NOT NULL,
  -- Since the last delivery that arrived
  failures integer NOT NULL DEFAULT 0,
  failing_since timestamptz,
  paused_until timestamptz,
  last_error text,
  last_delivered_at timestamptz,
  -- Set when the platform, not the operator, has disabled it
  disabled_at timestamptz,
  disabled_reason text,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (tenant, id)
);
CREATE INDEX webhooks_created ON webhooks (tenant, created_at DESC, id DESC);

-- What is told in order: one lane per webhook and station; replays and retries have lanes of their own. A lane is
-- worked on by one process at a time, and goes when nothing waits in it.
CREATE TABLE webhook_lanes (
  tenant text NOT NULL,
  webhook_id text NOT NULL,
  lane text NOT NULL,
  waiting integer NOT NULL,
  due_at timestamptz NOT NULL,
  -- Whoever has it, and until when nobody else takes it
  claim text,
  claimed_until timestamptz,
  PRIMARY KEY (tenant, webhook_id, lane)
) WITH (fillfactor = 70);
CREATE INDEX webhook_lanes_due ON webhook_lanes (tenant, webhook_id, due_at);

CREATE TABLE webhook_deliveries (
  tenant text NOT NULL,
  webhook_id text NOT NULL,
  -- Derived from the event (and the replay), so that a fact taken twice is one delivery
  id text NOT NULL,
  event_id text NOT NULL,
  type text NOT NULL,
  station_id text NOT NULL,
  lane text NOT NULL,
  -- Order in the lane. Era 0: not of the live stream, sent without waiting for what was before it
  era bigint NOT NULL,
  sequence bigint NOT NULL,
  body text NOT NULL,
  -- waiting, delivered, dead
  status text NOT NULL,
  attempts integer NOT NULL DEFAULT 0,
  response_status integer,
  response text,
  error text,
  created_at timestamptz NOT NULL,
  -- A failure after this is the last
  expires_at timestamptz NOT NULL,
  last_attempt_at timestamptz,
  finished_at timestamptz,
  PRIMARY KEY (tenant, webhook_id, id)
);
CREATE INDEX webhook_deliveries_lane ON webhook_deliveries (tenant, webhook_id, lane, era, sequence)
  WHERE status = 'waiting';
CREATE INDEX webhook_deliveries_created ON webhook_deliveries (tenant, webhook_id, created_at DESC, id DESC);
CREATE INDEX webhook_deliveries_finished ON webhook_deliveries (tenant, finished_at)
  WHERE status <> 'waiting';

CREATE TABLE webhook_replays (
  tenant text NOT NULL,
  id text NOT NULL,
  webhook_id text NOT NULL,
  -- Sequences of the stream: read so far, and where it ends
  position bigint NOT NULL,
  until bigint NOT NULL,
  -- running, done, failed
  status text NOT NULL,
  error text,
  taken integer NOT NULL DEFAULT 0,
  due_at timestamptz NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (tenant, id)
);
CREATE INDEX webhook_replays_running ON webhook_replays (tenant, due_at) WHERE status = 'running';

DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['webhooks', 'webhook_lanes', 'webhook_deliveries', 'webhook_replays']
  LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY tenant_isolation ON %I
      USING (tenant = current_setting(''statewatt.tenant'', true))
      WITH CHECK (tenant = current_setting(''statewatt.tenant'', true))', name);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO statewatt_api', name);
  END LOOP;
END $$;

-- Which tenants have webhooks: the one thing that the sender has to know across tenants.
CREATE FUNCTION webhook_tenants() RETURNS SETOF text
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT
  AS $$ SELECT DISTINCT tenant FROM webhooks UNION SELECT DISTINCT tenant FROM webhook_lanes $$;
REVOKE ALL ON FUNCTION webhook_tenants() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION webhook_tenants() TO statewatt_api;
