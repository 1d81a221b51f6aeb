"""The fixtures of these tests."""

from tests.journeys.shop import no_bots, shop

__all__ = ["no_bots", "shop"]
