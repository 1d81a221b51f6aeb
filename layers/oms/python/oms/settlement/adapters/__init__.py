"""What others say about money, read into our own shapes. Pure."""
