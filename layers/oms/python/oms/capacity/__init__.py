"""How much nodes take on: limits, what of them is taken, and nodes that take nothing on for a while."""
