-- Tenant isolation. The api connects with the role statewatt_api, which sees and changes only rows of the
-- tenant named by the setting statewatt.tenant. Workers own the tables and name the tenant in each address.

DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'statewatt_api') THEN
    CREATE ROLE statewatt_api NOLOGIN;
  END IF;
END $$;
DO $$ BEGIN EXECUTE format('GRANT statewatt_api TO %I', current_user); END $$;
DO $$ BEGIN EXECUTE format('GRANT USAGE ON SCHEMA %I TO statewatt_api', current_schema()); END $$;

DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['journal', 'snapshots', 'alarms', 'outbox', 'inbox', 'dead_letters',
    'idempotency', 'locations', 'stations', 'sessions', 'session_progress', 'meter_values', 'commands',
    'alerts', 'token_versions', 'tokens', 'frame_log']
  LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY tenant_isolation ON %I
      USING (tenant = current_setting(''statewatt.tenant'', true))
      WITH CHECK (tenant = current_setting(''statewatt.tenant'', true))', name);
  END LOOP;
END $$;

GRANT SELECT ON journal, stations, sessions, session_progress, meter_values, commands, alerts, frame_log,
  dead_letters TO statewatt_api;
GRANT SELECT, INSERT, UPDATE, DELETE ON idempotency, locations, token_versions, tokens TO statewatt_api;
