"""Queries of ``erasure``; requests, steps and the ledger are in each of three databases."""
