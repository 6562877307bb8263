"""The outside world of ``studio``: web pages, PDF files, models, speech."""
