CREATE FUNCTION listeners.current_listener() RETURNS uuid
LANGUAGE sql STABLE PARALLEL SAFE
RETURN nullif(current_setting('wavehouse.listener_id', true), '')::uuid;
COMMENT ON FUNCTION listeners.current_listener() IS 'The listener of this transaction, for row security.';

ALTER POLICY own ON listeners.app_passwords USING (listener_id = listeners.current_listener());
ALTER POLICY own ON listeners.devices USING (listener_id = listeners.current_listener());
ALTER POLICY own ON listeners.entitlements USING (listener_id = listeners.current_listener());
ALTER POLICY own ON listeners.listener_sync USING (listener_id = listeners.current_listener());
ALTER POLICY own ON listeners.listeners USING (listener_id = listeners.current_listener());
ALTER POLICY own ON listeners.login_sessions USING (listener_id = listeners.current_listener());
ALTER POLICY own ON listeners.passkeys USING (listener_id = listeners.current_listener());
ALTER POLICY own ON listeners.playback_actions USING (listener_id = listeners.current_listener());
ALTER POLICY own ON listeners.playback_device_positions USING (listener_id = listeners.current_listener());
ALTER POLICY own ON listeners.playback_positions USING (listener_id = listeners.current_listener());
ALTER POLICY own ON listeners.subscriptions USING (listener_id = listeners.current_listener());

DROP FUNCTION listeners.current_listeners();
