"""Pure functions of the learner model (L1-L16)."""
