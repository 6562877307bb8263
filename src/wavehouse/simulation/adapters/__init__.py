"""What the simulation takes from outside: reference lists, and the folder that it writes."""
