"""Stock that many claim at once, kept in shards beside its row."""
