"""SQL of ``studio``: one file for each subject."""
