"""What returns use of AWS."""
