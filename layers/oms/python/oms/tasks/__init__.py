"""Tasks: what a person at a node, or in customer care, has to do besides the work of fulfilment orders."""
