"""Outgoing webhooks: a retailer's own systems hear of events over HTTPS, signed, in the order of each entity."""
