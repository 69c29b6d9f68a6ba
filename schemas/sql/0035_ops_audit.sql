-- Every use of operations (`task ops`): what was asked, then how it went, as rows of their own. Nothing of it
-- is ever changed; a request without an end was cut off, and nobody knows how it went.

CREATE TABLE ops_audit (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT now(),
  -- The tenant that it concerns; empty: the installation
  tenant text NOT NULL DEFAULT '',
  request text NOT NULL,
  -- asked, ended
  event text NOT NULL CHECK (event IN ('asked', 'ended')),
  operator text NOT NULL,
  connection text NOT NULL,
  process text NOT NULL,
  verb text NOT NULL,
  args json NOT NULL,
  -- Of an end: "done", or why not
  outcome text,
  UNIQUE (request, event)
);

CREATE FUNCTION ops_audit_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'The audit of operations is never changed';
END $$;
CREATE TRIGGER ops_audit_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON ops_audit
  FOR EACH STATEMENT EXECUTE FUNCTION ops_audit_is_kept();

ALTER TABLE ops_audit ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON ops_audit
  USING (tenant = current_setting('statewatt.tenant', true))
  WITH CHECK (tenant = current_setting('statewatt.tenant', true));
