"""Drafts of orders and quotes: agreed with a customer, without stock or money until they are submitted."""
