"""SQL of ``catalog``: one typed function per statement."""
