"""The commands ``wavehouse studio …``, one file for each subject."""
