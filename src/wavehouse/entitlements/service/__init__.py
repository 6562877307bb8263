"""Use cases of entitlements."""
