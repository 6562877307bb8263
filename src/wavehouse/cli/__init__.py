"""The command line: click commands of the contexts, imported when they are called."""
