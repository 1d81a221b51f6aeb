"""Work given to nodes, and what physically left."""
