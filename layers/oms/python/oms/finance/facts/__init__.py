"""What finance reads from the events of other contexts, by context."""
