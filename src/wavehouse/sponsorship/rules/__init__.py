"""Pure rules of sponsorship, AT01–AT24: no I/O, no clock, no randomness."""
