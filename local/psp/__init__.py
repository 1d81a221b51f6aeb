"""A strict fake payment provider: it refuses what a real one refuses and logs every movement of money."""
