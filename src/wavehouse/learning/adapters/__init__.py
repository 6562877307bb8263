"""The outside of learning: here, learners that are simulated."""
