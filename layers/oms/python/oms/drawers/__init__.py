"""Cash drawers of stores: sessions from the opening float to the count, and what was over or short."""
