"""Choosing the nodes that fulfil an order."""
