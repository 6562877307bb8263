"""The use cases of ``measurement``: ingest, count, roll up, read."""
