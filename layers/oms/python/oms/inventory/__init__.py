"""Stock per SKU and node: its buckets, movements, feeds and claims."""
