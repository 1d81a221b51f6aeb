"""Carriers outside, each in its own words."""
