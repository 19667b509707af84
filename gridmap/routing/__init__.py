"""Plan the visits of a cell."""
