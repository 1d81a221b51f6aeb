"""How messages leave for the addresses of subscribers."""
