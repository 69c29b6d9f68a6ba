-- How tokens are judged in the whole network of a tenant.

CREATE TABLE authorisation_settings (
  tenant text PRIMARY KEY,
  -- Tokens of this group end the transactions of others (OCPP 2.0.1 Part 2, C16); null = none does.
  master_pass_group_id text,
  updated_at timestamptz NOT NULL
);
ALTER TABLE authorisation_settings ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON authorisation_settings
  USING (tenant = current_setting('statewatt.tenant', true))
  WITH CHECK (tenant = current_setting('statewatt.tenant', true));
GRANT SELECT, INSERT, UPDATE, DELETE ON authorisation_settings TO statewatt_api;

-- Lists that follow our tokens, for whoever keeps them up to date.
CREATE INDEX station_items_following ON station_items (tenant, station_id)
  WHERE block = 'local-list' AND key = 'list' AND body->'followTokens' <> 'false'::jsonb;
