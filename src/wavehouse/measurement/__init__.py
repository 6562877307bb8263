"""What was heard: requests normalised, filtered, counted, reconciled."""
