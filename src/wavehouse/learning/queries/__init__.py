"""SQL of ``learning``: content, sessions, events, learners."""
