"""Queries of ``erasure``; each of three databases has requests, steps and a ledger."""
