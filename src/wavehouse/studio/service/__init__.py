"""Use cases of ``studio``: one file for each subject."""
