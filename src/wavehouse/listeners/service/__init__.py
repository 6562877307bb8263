"""Use cases of ``listeners``: accounts, positions, subscriptions."""
