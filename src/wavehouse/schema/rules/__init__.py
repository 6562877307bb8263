"""Pure rules of the runner: file names, statements, and which migrations may run next."""
