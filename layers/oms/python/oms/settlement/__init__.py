"""Settlement: money on its way to the bank, what the bank says of it, and what has to be cleared up."""
