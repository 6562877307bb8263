"""Use cases of sponsorship: one function each."""
