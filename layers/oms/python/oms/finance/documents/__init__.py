"""Documents: invoices and credit memos, numbered without a gap in each legal entity."""
