"""SQL of ``sponsorship``: one typed function per statement, by subject."""
