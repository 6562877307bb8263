"""Use cases of ``queue``: adding and managing jobs, and the worker that runs them."""
