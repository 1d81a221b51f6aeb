"""Closing days: seals of stores, the picture of a day, and what does not tie out."""
