"""Exports: the journal of a business date as files that finance can trust and check."""
