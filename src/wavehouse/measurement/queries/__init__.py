"""SQL of ``measurement``: loading, counting, rolling up, reading."""
