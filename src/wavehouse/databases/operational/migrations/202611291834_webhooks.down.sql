ALTER TABLE queue.webhook_endpoints
  DROP CONSTRAINT webhook_endpoints_previous_secret_check,
  DROP COLUMN previous_secret_expires_at;
REVOKE INSERT ON queue.webhook_deliveries FROM wavehouse_operational_app;
ALTER TABLE queue.webhook_deliveries
  DROP CONSTRAINT webhook_deliveries_webhook_endpoint_id_series_key,
  ADD CONSTRAINT webhook_deliveries_webhook_endpoint_id_outbox_id_attempt_key
    UNIQUE (webhook_endpoint_id, outbox_id, attempt),
  DROP COLUMN series;
