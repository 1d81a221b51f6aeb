"""Posting rules, by the context that tells the facts."""
