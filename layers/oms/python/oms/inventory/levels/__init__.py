"""Levels of stock: what the network and its regions have of each item, summed up from the stream of stock rows."""
