"""Queries of ``governance``; they run on any of the databases."""
