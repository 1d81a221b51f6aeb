"""The simulated cloud: everything that stands around the handlers, in memory and in one thread."""
