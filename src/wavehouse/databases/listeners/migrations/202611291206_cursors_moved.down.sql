-- The sessions kept their cursors; those of the app passwords are forgotten.

UPDATE listeners.app_passwords SET given_actions = '{}';
UPDATE listeners.listener_sync SET actions_seq = 0, subscriptions_seq = 0;
