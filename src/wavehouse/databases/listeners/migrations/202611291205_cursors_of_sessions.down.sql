DROP FUNCTION listeners.next_given(bigint[], bigint, bigint);
ALTER TABLE listeners.listener_sync DROP COLUMN actions_seq, DROP COLUMN subscriptions_seq;
ALTER TABLE listeners.app_passwords DROP COLUMN given_actions, DROP COLUMN given_subscriptions;
ALTER TABLE listeners.login_sessions DROP COLUMN served_subscriptions;
COMMENT ON COLUMN listeners.login_sessions.served_cursor IS 'The last cursor this session was given (P19).';
