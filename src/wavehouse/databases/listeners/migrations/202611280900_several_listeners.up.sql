-- A transaction may act for several listeners: writes that come together are committed together.

CREATE FUNCTION listeners.current_listeners() RETURNS uuid[]
LANGUAGE sql STABLE PARALLEL SAFE
RETURN string_to_array(nullif(current_setting('wavehouse.listener_ids', true), ''), ',')::uuid[];
COMMENT ON FUNCTION listeners.current_listeners() IS 'The listeners of this transaction, for row security; NULL outside one.';

ALTER POLICY own ON listeners.app_passwords USING (listener_id = ANY (listeners.current_listeners()));
ALTER POLICY own ON listeners.devices USING (listener_id = ANY (listeners.current_listeners()));
ALTER POLICY own ON listeners.entitlements USING (listener_id = ANY (listeners.current_listeners()));
ALTER POLICY own ON listeners.listener_sync USING (listener_id = ANY (listeners.current_listeners()));
ALTER POLICY own ON listeners.listeners USING (listener_id = ANY (listeners.current_listeners()));
ALTER POLICY own ON listeners.login_sessions USING (listener_id = ANY (listeners.current_listeners()));
ALTER POLICY own ON listeners.passkeys USING (listener_id = ANY (listeners.current_listeners()));
ALTER POLICY own ON listeners.playback_actions USING (listener_id = ANY (listeners.current_listeners()));
ALTER POLICY own ON listeners.playback_device_positions USING (listener_id = ANY (listeners.current_listeners()));
ALTER POLICY own ON listeners.playback_positions USING (listener_id = ANY (listeners.current_listeners()));
ALTER POLICY own ON listeners.subscriptions USING (listener_id = ANY (listeners.current_listeners()));

DROP FUNCTION listeners.current_listener();
