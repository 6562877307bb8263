-- What apps were given so far; every change so far counts as one of both kinds.

UPDATE listeners.app_passwords p SET given_actions = ARRAY[s.served_cursor]
FROM listeners.login_sessions s
WHERE s.family_id = p.app_password_id AND s.served_cursor IS NOT NULL;
UPDATE listeners.listener_sync SET actions_seq = seq, subscriptions_seq = seq;
