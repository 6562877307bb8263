"""The outside world of sponsorship: files of conversions in, documents out."""
