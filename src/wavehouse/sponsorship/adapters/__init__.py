"""Adapters of sponsorship: files of conversions in, documents out."""
