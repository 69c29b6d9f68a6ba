-- Sessions of which messages are missing for ever: counted every minute for the metrics.

CREATE INDEX sessions_gaps ON sessions (tenant, started_at) WHERE 'gaps' = ANY (flags);
