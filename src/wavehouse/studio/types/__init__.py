"""Data types of ``studio``: one file for each subject."""
