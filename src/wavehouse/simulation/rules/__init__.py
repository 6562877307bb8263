"""Pure parts of the simulation: sizes, log lines, shows, feeds, and a scene for every rule."""
