"""Public interface of ``engines``: one port for every engine that rollups run on."""

from wavehouse.engines.digests import canonical, digest, digests_by_bucket

__all__ = ["canonical", "digest", "digests_by_bucket"]
