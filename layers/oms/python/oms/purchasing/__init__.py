"""Purchasing: what suppliers ask for, the purchase orders of what they send for us, and their invoices."""
