"""SQL of ``queue``: calls of its functions, and queries for operators."""
