DROP TABLE listeners.email_changes;
DROP TABLE listeners.passkey_challenges;
