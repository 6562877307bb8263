"""Many erasures in one pass: planned, carried out, verified and certified together.

Each request keeps its own plan, ledger entries, receipt and certificate; only the statements are
shared.
"""
