-- Cursors lose nothing (P19, P19b): what each session was given, for episode actions and for
-- subscriptions apart, and the listener's last change of each. An app password keeps several, as
-- several clients may send it with every request and keep no cookie.

ALTER TABLE listeners.login_sessions ADD COLUMN served_subscriptions bigint;
COMMENT ON COLUMN listeners.login_sessions.served_cursor IS 'The last cursor of episode actions that this session was given (P19).';
COMMENT ON COLUMN listeners.login_sessions.served_subscriptions IS 'The last cursor of subscriptions that this session was given (P19b).';

ALTER TABLE listeners.app_passwords
  ADD COLUMN given_actions bigint[] NOT NULL DEFAULT '{}',
  ADD COLUMN given_subscriptions bigint[] NOT NULL DEFAULT '{}';
COMMENT ON COLUMN listeners.app_passwords.given_actions IS 'Cursors of episode actions that its clients were given and may still ask with (P19).';
COMMENT ON COLUMN listeners.app_passwords.given_subscriptions IS 'Cursors of subscriptions that its clients were given and may still ask with (P19b).';

ALTER TABLE listeners.listener_sync
  ADD COLUMN actions_seq bigint NOT NULL DEFAULT 0,
  ADD COLUMN subscriptions_seq bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN listeners.listener_sync.actions_seq IS 'The cursor of the last episode action.';
COMMENT ON COLUMN listeners.listener_sync.subscriptions_seq IS 'The cursor of the last change of a subscription.';

CREATE FUNCTION listeners.next_given(given bigint[], consumed bigint, reply bigint) RETURNS bigint[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (
  SELECT (kept || reply)[greatest(cardinality(kept) - 14, 1):]
  FROM (SELECT CASE WHEN array_position(given, consumed) IS NULL THEN given
                    ELSE given[:array_position(given, consumed) - 1] || given[array_position(given, consumed) + 1:] END) AS one (kept)
);
COMMENT ON FUNCTION listeners.next_given(bigint[], bigint, bigint) IS 'The cursors after a client that had one of them was given another; the last 16.';
