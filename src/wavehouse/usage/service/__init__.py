"""Use cases of usage: reserving and settling, budgets, models and prices, corrections, checks."""
