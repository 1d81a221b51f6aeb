"""Tills of stores: each transaction once, sales as orders of the channel `store`, and numbers that are missing."""
