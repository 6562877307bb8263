"""SQL of entitlements."""
