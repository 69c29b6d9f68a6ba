-- What stations of a model, a firmware or a tag are to be configured as. A station's own intended
-- configuration is its item `intended-configuration/own`.

CREATE TABLE configuration_templates (
  tenant text NOT NULL,
  id text NOT NULL,
  description text NOT NULL,
  -- {vendor?, model?, firmware?, tag?}
  match jsonb NOT NULL,
  protocol text,
  -- [{component?, instance?, evseId?, connectorId?, variable, variableInstance?, attribute?, value}]
  variables json NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant, id)
);
ALTER TABLE configuration_templates ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON configuration_templates
  USING (tenant = current_setting('statewatt.tenant', true))
  WITH CHECK (tenant = current_setting('statewatt.tenant', true));
GRANT SELECT, INSERT, UPDATE, DELETE ON configuration_templates TO statewatt_api;
