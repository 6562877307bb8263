"""SQL of ``queue``: calls of its functions, and what operators read."""
