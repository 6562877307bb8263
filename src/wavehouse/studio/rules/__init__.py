"""Pure rules of ``studio``: one file for each subject."""
