"""The `shop` fixture for these tests."""

from tests.journeys.shop import shop

__all__ = ["shop"]
