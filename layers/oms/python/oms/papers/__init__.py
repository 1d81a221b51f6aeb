"""Printed papers: pick sheets, packing slips, gift receipts, customs forms and return labels, from stored facts."""
