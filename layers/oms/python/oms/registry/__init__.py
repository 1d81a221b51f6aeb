"""The registry: nodes that hold or hand over stock, and items that can be sold."""
