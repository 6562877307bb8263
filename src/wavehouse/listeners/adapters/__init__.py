"""The outside world of ``listeners``: email, and threads for what must not hold a request up."""
