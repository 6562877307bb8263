"""Rules of entitlements: signatures, facts, the fold, access; pure functions."""
