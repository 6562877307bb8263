"""Pure rules of the runner: file names, statements, and what may be walked next."""
