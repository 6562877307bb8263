"""Commands of ``erasure``."""
