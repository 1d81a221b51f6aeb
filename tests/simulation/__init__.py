"""A whole account in one process: the real handlers on a virtual clock, under a seeded scheduler that breaks things."""
