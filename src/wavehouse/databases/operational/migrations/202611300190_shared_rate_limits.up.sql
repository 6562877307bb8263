-- Rate limits of the web, counted across all processes and hosts that share this database.
CREATE UNLOGGED TABLE accounts.rate_limits (
  key_hash   bytea PRIMARY KEY CHECK (length(key_hash) = 32),
  tries_left double precision NOT NULL,
  at         timestamptz NOT NULL
);
CREATE INDEX rate_limits_at_idx ON accounts.rate_limits (at);
ALTER TABLE accounts.rate_limits ENABLE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON accounts.rate_limits TO wavehouse_operational_worker;
CREATE POLICY everyone ON accounts.rate_limits TO wavehouse_operational_worker USING (true);
COMMENT ON TABLE accounts.rate_limits IS 'Token buckets of the web''s rate limits, shared by all processes; empty after a crash of the server, deleted after a day.';
COMMENT ON COLUMN accounts.rate_limits.key_hash IS 'HMAC-SHA256 of the limit and the client under a key of the day.';
COMMENT ON COLUMN accounts.rate_limits.tries_left IS 'Attempts left at that time.';
COMMENT ON COLUMN accounts.rate_limits.at IS 'Time of the last attempt.';
