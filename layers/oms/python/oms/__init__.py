"""Spine: the order management system, one package per bounded context."""
