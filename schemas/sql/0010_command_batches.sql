-- One command for many stations: what was asked, so that its progress can be told after a restart.

CREATE TABLE command_batches (
  tenant text NOT NULL,
  id text NOT NULL,
  kind text NOT NULL,
  body json NOT NULL,
  station_ids text[] NOT NULL,
  -- {"<station id>": "<why no command came to be>"}
  refused jsonb NOT NULL DEFAULT '{}',
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant, id)
);
ALTER TABLE command_batches ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON command_batches
  USING (tenant = current_setting('statewatt.tenant', true))
  WITH CHECK (tenant = current_setting('statewatt.tenant', true));
GRANT SELECT, INSERT, UPDATE ON command_batches TO statewatt_api;
