"""Counterparts of fulfilment outside our tables."""
