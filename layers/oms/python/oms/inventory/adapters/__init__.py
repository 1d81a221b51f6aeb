"""Counterparts of inventory outside our tables."""
