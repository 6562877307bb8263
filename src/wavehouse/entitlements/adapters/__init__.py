"""Adapters of entitlements: keys of the installation, the media behind a private feed."""
