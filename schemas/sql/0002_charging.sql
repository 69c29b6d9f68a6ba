-- Charging: read models of the actors (written by their commits or derived from the journal) and master data.

CREATE TABLE locations (
  tenant text NOT NULL,
  id text NOT NULL,
  name text NOT NULL,
  latitude double precision NOT NULL,
  longitude double precision NOT NULL,
  time_zone text NOT NULL,
  address text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant, id)
);

CREATE TABLE stations (
  tenant text NOT NULL,
  id text NOT NULL,
  location_id text,
  tags text[] NOT NULL DEFAULT '{}',
  security_profile smallint NOT NULL,
  quiet boolean NOT NULL,
  registration text NOT NULL,
  heartbeat_interval_seconds integer NOT NULL,
  authorisation_required boolean NOT NULL,
  connected boolean NOT NULL,
  gateway text,
  protocol text,
  last_seen_at timestamptz,
  vendor text,
  model text,
  serial_number text,
  firmware_version text,
  -- [{evseId, connectors: [{connectorId, status, reportedAt}]}]
  evses jsonb NOT NULL DEFAULT '[]',
  statuses text[] NOT NULL DEFAULT '{}',
  open_sessions text[] NOT NULL DEFAULT '{}',
  created_at timestamptz NOT NULL,
  PRIMARY KEY (tenant, id)
);
CREATE INDEX stations_created ON stations (tenant, created_at DESC, id DESC);
CREATE INDEX stations_location ON stations (tenant, location_id);
CREATE INDEX stations_gateway ON stations (gateway) WHERE connected;

CREATE TABLE sessions (
  tenant text NOT NULL,
  id text NOT NULL,
  station_id text NOT NULL,
  evse_id integer,
  connector_id integer,
  token_uid text,
  token_type text,
  transaction_id text NOT NULL,
  started_at timestamptz NOT NULL,
  ended_at timestamptz,
  meter_start_wh bigint,
  meter_stop_wh bigint,
  energy_wh bigint NOT NULL,
  stop_reason text,
  status text NOT NULL,
  state text NOT NULL,
  billable boolean NOT NULL,
  annotation text,
  -- What is odd about it: ["baselineInferred", "implausibleEnergy", "gaps", …]
  flags text[] NOT NULL DEFAULT '{}',
  created_at timestamptz NOT NULL,
  PRIMARY KEY (tenant, id)
);
CREATE INDEX sessions_started ON sessions (tenant, started_at DESC, id DESC);
CREATE INDEX sessions_station ON sessions (tenant, station_id, started_at DESC);
CREATE INDEX sessions_token ON sessions (tenant, lower(token_uid), started_at DESC);

-- What samples have told since the last transition of a running session; the newest of both is shown.
CREATE TABLE session_progress (
  tenant text NOT NULL,
  session_id text NOT NULL,
  at timestamptz NOT NULL,
  energy_wh bigint,
  power_w double precision,
  current_a double precision,
  soc_percent double precision,
  PRIMARY KEY (tenant, session_id)
) WITH (fillfactor = 60);

-- Written once by a follower whose cursor moves in the same transaction, so that no key has to guard it.
CREATE TABLE meter_values (
  tenant text NOT NULL,
  station_id text NOT NULL,
  evse_id integer,
  connector_id integer,
  session_id text,
  at timestamptz NOT NULL,
  measurand text NOT NULL,
  phase text,
  context text NOT NULL,
  location text,
  value double precision NOT NULL,
  unit text NOT NULL,
  shard integer NOT NULL,
  seq bigint NOT NULL,
  ordinal integer NOT NULL
);
CREATE INDEX meter_values_session ON meter_values (tenant, session_id, at);
CREATE INDEX meter_values_station ON meter_values (tenant, station_id, at);

CREATE TABLE commands (
  tenant text NOT NULL,
  id text NOT NULL,
  station_id text NOT NULL,
  -- remote-start, reset, …; `call` for a raw call
  kind text NOT NULL,
  action text NOT NULL,
  status text NOT NULL,
  batch_id text,
  request jsonb NOT NULL,
  -- As received: key order is kept
  response json,
  error json,
  session_id text,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (tenant, id)
);
CREATE INDEX commands_station ON commands (tenant, station_id, created_at DESC);
CREATE INDEX commands_batch ON commands (tenant, batch_id) WHERE batch_id IS NOT NULL;

CREATE TABLE alerts (
  tenant text NOT NULL,
  id text NOT NULL,
  kind text NOT NULL,
  station_id text,
  session_id text,
  status text NOT NULL,
  detail text NOT NULL,
  opened_at timestamptz NOT NULL,
  acknowledged_at timestamptz,
  resolved_at timestamptz,
  PRIMARY KEY (tenant, id)
);
CREATE INDEX alerts_opened ON alerts (tenant, opened_at DESC, id DESC);

-- Counted up under a row lock, so that versions become visible in order and without gaps.
CREATE TABLE token_versions (
  tenant text PRIMARY KEY,
  version bigint NOT NULL
);
CREATE TABLE tokens (
  tenant text NOT NULL,
  -- Lower case of uid: the key (compared without case)
  key text NOT NULL,
  uid text NOT NULL,
  type text NOT NULL,
  status text NOT NULL,
  group_id text,
  expires_at timestamptz,
  concurrent_sessions integer NOT NULL,
  version bigint NOT NULL,
  deleted boolean NOT NULL DEFAULT false,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant, key)
);
CREATE INDEX tokens_version ON tokens (tenant, version);
CREATE INDEX tokens_created ON tokens (tenant, created_at DESC, key DESC);

-- OCPP frames that have no journal row (heartbeats, errors, unreadable frames). Best effort.
CREATE TABLE frame_log (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant text NOT NULL,
  station_id text NOT NULL,
  at timestamptz NOT NULL,
  -- "in" from the station, "out" to it
  direction text NOT NULL,
  -- CALL, CALLRESULT, CALLERROR, SEND, unreadable
  message_type text NOT NULL,
  action text,
  message_id text,
  payload text
);
CREATE INDEX frame_log_station ON frame_log (tenant, station_id, at DESC);

-- Upserts the rows that actors publish: {"sessions": [{tenant, id, …}], "removed": [{table, tenant, id}]}.
CREATE FUNCTION apply_views(views json) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF views->'stations' IS NOT NULL THEN
    INSERT INTO stations SELECT (json_populate_recordset(NULL::stations, views->'stations')).*
    ON CONFLICT (tenant, id) DO UPDATE SET location_id = excluded.location_id, tags = excluded.tags,
      security_profile = excluded.security_profile, quiet = excluded.quiet,
      registration = excluded.registration,
      heartbeat_interval_seconds = excluded.heartbeat_interval_seconds,
      authorisation_required = excluded.authorisation_required, connected = excluded.connected,
      gateway = excluded.gateway, protocol = excluded.protocol,
      last_seen_at = greatest(stations.last_seen_at, excluded.last_seen_at),
      vendor = excluded.vendor, model = excluded.model, serial_number = excluded.serial_number,
      firmware_version = excluded.firmware_version, evses = excluded.evses,
      statuses = excluded.statuses, open_sessions = excluded.open_sessions;
  END IF;
  IF views->'sessions' IS NOT NULL THEN
    INSERT INTO sessions SELECT (json_populate_recordset(NULL::sessions, views->'sessions')).*
    ON CONFLICT (tenant, id) DO UPDATE SET evse_id = excluded.evse_id,
      connector_id = excluded.connector_id, token_uid = excluded.token_uid,
      token_type = excluded.token_type, transaction_id = excluded.transaction_id,
      started_at = excluded.started_at, ended_at = excluded.ended_at,
      meter_start_wh = excluded.meter_start_wh, meter_stop_wh = excluded.meter_stop_wh,
      energy_wh = excluded.energy_wh, stop_reason = excluded.stop_reason, status = excluded.status,
      state = excluded.state, billable = excluded.billable, annotation = excluded.annotation,
      flags = excluded.flags;
  END IF;
  IF views->'commands' IS NOT NULL THEN
    INSERT INTO commands SELECT (json_populate_recordset(NULL::commands, views->'commands')).*
    ON CONFLICT (tenant, id) DO UPDATE SET status = excluded.status,
      response = coalesce(excluded.response, commands.response),
      error = coalesce(excluded.error, commands.error),
      session_id = coalesce(excluded.session_id, commands.session_id),
      updated_at = excluded.updated_at;
  END IF;
  IF views->'alerts' IS NOT NULL THEN
    INSERT INTO alerts SELECT (json_populate_recordset(NULL::alerts, views->'alerts')).*
    ON CONFLICT (tenant, id) DO UPDATE SET status = excluded.status, detail = excluded.detail,
      acknowledged_at = excluded.acknowledged_at, resolved_at = excluded.resolved_at;
  END IF;
  IF views->'removed' IS NOT NULL THEN
    DELETE FROM stations s USING json_to_recordset(views->'removed') AS r("table" text, tenant text, id text)
      WHERE r."table" = 'stations' AND s.tenant = r.tenant AND s.id = r.id;
  END IF;
END $$;
