"""How papers are drawn: as PDF."""
