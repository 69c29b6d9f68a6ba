-- What energy costs: {currency, perKwh (decimal text), taxIncluded}. A station's own price comes before that of its
-- location; a session keeps the one that it began with.

ALTER TABLE locations ADD COLUMN energy_price jsonb;
ALTER TABLE stations ADD COLUMN energy_price jsonb;
ALTER TABLE sessions ADD COLUMN price jsonb;

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
      sockets = excluded.sockets, energy_price = excluded.energy_price;
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
      flags = excluded.flags, price = excluded.price;
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
