"""The building blocks that every concern shares: one way to make a function, a queue and an alarm."""
