"""Use cases of ``accounts``. Each takes the caller's transaction; the edge commits it."""
