"""Adapters of the runner: folders of files, and servers by URL."""
