"""Notices: what the customer is told of an order, one message for each milestone."""
