DROP TABLE accounts.login_sessions;
DROP TABLE accounts.login_links;
DROP TABLE accounts.api_keys;
DROP TABLE accounts.users;
DROP TABLE accounts.organizations;
