"""Use cases of ``erasure``: requests, decisions, execution, verification, replay, access."""
