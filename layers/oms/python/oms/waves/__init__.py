"""Pick waves: work of a node that is picked together in one walk."""
