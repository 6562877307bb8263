DROP TABLE accounts.rate_limits;
