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

CREATE FUNCTION accounts.take_token(hash bytea, burst double precision, seconds double precision, at timestamptz)
RETURNS double precision LANGUAGE sql SET search_path = '' AS $$
  INSERT INTO accounts.rate_limits AS r (key_hash, tries_left, at) VALUES (hash, burst - 1, at)
  ON CONFLICT (key_hash) DO UPDATE
  SET tries_left = least(burst, r.tries_left + greatest(extract(epoch FROM excluded.at - r.at), 0) / seconds)
        - CASE WHEN least(burst, r.tries_left + greatest(extract(epoch FROM excluded.at - r.at), 0) / seconds) >= 1
            THEN 1 ELSE 0 END,
      at = greatest(r.at, excluded.at)
  RETURNING coalesce(least(burst, old.tries_left + greatest(extract(epoch FROM new.at - old.at), 0) / seconds), burst)
$$;
COMMENT ON FUNCTION accounts.take_token IS 'Takes a token from a bucket that holds burst tokens and gains one in seconds; returns the tokens before, below 1 when refused.';
