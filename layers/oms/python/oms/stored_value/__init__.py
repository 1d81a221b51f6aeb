"""Stored value: gift cards and store credit, each an account with a balance of its own that never goes below zero."""
