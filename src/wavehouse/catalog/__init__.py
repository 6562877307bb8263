"""The catalog's door."""
