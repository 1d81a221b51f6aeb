"""The outside of finance: the bucket of the exports and the writer of its file formats."""
