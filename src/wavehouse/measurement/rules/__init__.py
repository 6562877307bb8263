"""Pure rules of measurement: no I/O, no clock, no randomness."""
