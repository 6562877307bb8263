DROP TABLE accounts.provider_identities;
DROP TABLE accounts.provider_sign_ins;
DROP TABLE accounts.passkey_challenges;
DROP TABLE accounts.passkeys;
ALTER TABLE accounts.login_sessions DROP COLUMN began_at;
ALTER TABLE accounts.login_links DROP COLUMN browser_hash;
