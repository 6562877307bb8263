DROP TABLE listeners.subscriptions;
DROP TABLE listeners.passkeys;
DROP TABLE listeners.app_passwords;
DROP TABLE listeners.login_sessions;
DROP TABLE listeners.login_links;
DROP TABLE listeners.devices;
DROP TABLE listeners.listeners;
