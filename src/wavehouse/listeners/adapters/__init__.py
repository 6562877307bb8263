"""The outside world of ``listeners``: threads for what must not hold a request up."""
