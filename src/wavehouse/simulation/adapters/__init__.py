"""Adapters of the simulation: reference lists, and the output folder."""
