"""The command line: click commands of the contexts, loaded when they are called."""
