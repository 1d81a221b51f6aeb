"""Carriers: what they are asked, and what they tell of parcels."""
