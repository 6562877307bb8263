DROP FUNCTION accounts.take_token;
DROP TABLE accounts.rate_limits;
