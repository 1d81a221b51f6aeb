"""Returns: goods that come back to a store, and what is owed for them."""
