"""SQL of ``listeners``: one typed function per statement, by subject."""
