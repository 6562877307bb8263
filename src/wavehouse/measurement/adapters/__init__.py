"""The outside world of ``measurement``: log files and the engine that reads them."""
