"""Adapters of ``studio``: web pages, PDF files, models, speech."""
