"""Finance: the double-entry ledger, its business days and the files that finance receives."""
