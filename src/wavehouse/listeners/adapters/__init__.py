"""The outside world of ``listeners``: letters, and threads for what must not hold a request up."""
