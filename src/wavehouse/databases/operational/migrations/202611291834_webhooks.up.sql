-- Replays are a new series of attempts; a rotated secret stays valid until a moment; who may replay.

ALTER TABLE queue.webhook_deliveries
  ADD COLUMN series integer NOT NULL DEFAULT 1 CHECK (series > 0),
  DROP CONSTRAINT webhook_deliveries_webhook_endpoint_id_outbox_id_attempt_key,
  ADD CONSTRAINT webhook_deliveries_webhook_endpoint_id_series_key
    UNIQUE (webhook_endpoint_id, outbox_id, series, attempt);
COMMENT ON COLUMN queue.webhook_deliveries.series IS 'Number of the series of attempts: 1 at first, one more with each replay.';
GRANT INSERT ON queue.webhook_deliveries TO wavehouse_operational_app;
ALTER TABLE queue.webhook_endpoints
  ADD COLUMN previous_secret_expires_at timestamptz,
  ADD CONSTRAINT webhook_endpoints_previous_secret_check
    CHECK ((previous_secret_sealed IS NULL) = (previous_secret_expires_at IS NULL));
COMMENT ON COLUMN queue.webhook_endpoints.previous_secret_expires_at IS 'Until when deliveries are signed with the previous secret too.';
