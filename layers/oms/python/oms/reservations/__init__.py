"""Reservations: units that a basket holds for a while, until it becomes an order, is given up or expires."""
