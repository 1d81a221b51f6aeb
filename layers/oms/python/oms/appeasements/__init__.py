"""Goodwill on an order: who may grant how much, who approves more, and what is owed for it."""
