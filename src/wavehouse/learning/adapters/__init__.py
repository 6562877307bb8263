"""Adapters of learning: simulated learners, session tokens."""
