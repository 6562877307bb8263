"""Use cases of ``alerts``: measure, evaluate, manage, notify."""
