"""Counterparts of orders outside our tables."""
