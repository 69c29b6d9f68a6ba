-- What the platform knows of a station block by block: profiles, lists, reservations, variables, … One row is
-- one thing: (station, block, key); each block has one writer. Shapes: schemas/station_items/.

CREATE TABLE station_items (
  tenant text NOT NULL,
  -- <station key>/<block>/<key>
  id text NOT NULL,
  station_id text NOT NULL,
  block text NOT NULL,
  key text NOT NULL,
  body jsonb NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (tenant, id)
);
CREATE INDEX station_items_station ON station_items (tenant, station_id, block, key);
CREATE INDEX station_items_key ON station_items (tenant, block, key);
CREATE INDEX station_items_created ON station_items (tenant, block, created_at, id);

-- What stations reported as it happened: events of monitors, security events, statuses of logs and firmware.
CREATE TABLE station_events (
  tenant text NOT NULL,
  -- <shard>-<seq>-<ordinal> of the journal row that it came by
  id text NOT NULL,
  station_id text NOT NULL,
  kind text NOT NULL,
  at timestamptz NOT NULL,
  received_at timestamptz NOT NULL,
  body jsonb NOT NULL,
  PRIMARY KEY (tenant, id)
);
CREATE INDEX station_events_station ON station_events (tenant, station_id, kind, received_at DESC, id);
CREATE INDEX station_events_received ON station_events (received_at);

DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['station_items', 'station_events'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY tenant_isolation ON %I
      USING (tenant = current_setting(''statewatt.tenant'', true))
      WITH CHECK (tenant = current_setting(''statewatt.tenant'', true))', name);
  END LOOP;
END $$;
GRANT SELECT, INSERT, UPDATE, DELETE ON station_items TO statewatt_api;
GRANT SELECT ON station_events TO statewatt_api;

-- The CALLs of a typed command as they were worded when it was sent: [{action, payload}, …].
ALTER TABLE commands ADD COLUMN calls json;

CREATE OR REPLACE FUNCTION apply_views(views json) RETURNS void LANGUAGE plpgsql AS $$
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
      statuses = excluded.statuses, open_sessions = excluded.open_sessions,
      connection_epoch = excluded.connection_epoch, connected_at = excluded.connected_at,
      sockets = excluded.sockets;
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
      calls = coalesce(excluded.calls, commands.calls),
      action = CASE WHEN excluded.calls IS NULL THEN commands.action ELSE excluded.action END,
      session_id = coalesce(excluded.session_id, commands.session_id),
      updated_at = excluded.updated_at;
  END IF;
  IF views->'alerts' IS NOT NULL THEN
    INSERT INTO alerts SELECT (json_populate_recordset(NULL::alerts, views->'alerts')).*
    ON CONFLICT (tenant, id) DO UPDATE SET status = excluded.status, detail = excluded.detail,
      acknowledged_at = excluded.acknowledged_at, resolved_at = excluded.resolved_at;
  END IF;
  IF views->'station_items' IS NOT NULL THEN
    INSERT INTO station_items
      SELECT (json_populate_recordset(NULL::station_items, views->'station_items')).*
    ON CONFLICT (tenant, id) DO UPDATE SET body = excluded.body, updated_at = excluded.updated_at;
  END IF;
  IF views->'removed' IS NOT NULL THEN
    DELETE FROM station_items i USING json_to_recordset(views->'removed') AS r("table" text, tenant text, id text)
      WHERE r."table" = 'station_items' AND i.tenant = r.tenant AND i.id = r.id;
    DELETE FROM station_items i USING json_to_recordset(views->'removed') AS r("table" text, tenant text, id text)
      WHERE r."table" = 'stations' AND i.tenant = r.tenant AND i.station_id = r.id;
    DELETE FROM stations s USING json_to_recordset(views->'removed') AS r("table" text, tenant text, id text)
      WHERE r."table" = 'stations' AND s.tenant = r.tenant AND s.id = r.id;
  END IF;
END $$;
