-- Charging profiles to be set again and again, on any station. The id is the chargingProfileId of the wire.

CREATE TABLE charging_profiles (
  tenant text NOT NULL,
  id integer NOT NULL,
  description text NOT NULL,
  -- In the words of OCPP 2.x.
  charging_profile jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant, id)
);
CREATE INDEX charging_profiles_created ON charging_profiles (tenant, created_at, id);
ALTER TABLE charging_profiles ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON charging_profiles
  USING (tenant = current_setting('statewatt.tenant', true))
  WITH CHECK (tenant = current_setting('statewatt.tenant', true));
GRANT SELECT, INSERT, UPDATE, DELETE ON charging_profiles TO statewatt_api;
