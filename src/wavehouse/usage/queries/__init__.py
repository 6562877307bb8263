"""SQL of ``usage``: one typed function per statement."""
