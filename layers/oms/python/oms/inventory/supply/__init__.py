"""Dated supply: what suppliers are to deliver, what is on its way, and what one node sends to another."""
