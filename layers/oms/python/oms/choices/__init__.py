"""Choices: what a customer decides about units of an order, by a link or at the counter."""
