"""The optimiser: which node sends what, by which service, at the least cost. Standard library only."""
