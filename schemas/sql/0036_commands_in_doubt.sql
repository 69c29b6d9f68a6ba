-- Commands of which nobody knows whether the station did them: operators list them.

CREATE INDEX commands_in_doubt ON commands (tenant, updated_at) WHERE status = 'unknown';
