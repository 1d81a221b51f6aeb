"""Turns the documents of a real order file into orders, runs them through the public API, and checks every sum."""
