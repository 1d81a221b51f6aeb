"""Promises: what a customer is told before buying, and what the order is held to."""
