"""Amounts as a provider counts them, where its minor units are not those of ISO 4217. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from oms.platform.money import exponent

# Decimal places where the provider's own differ (Stripe's page on zero-decimal currencies and special cases; Adyen's
# page on currency codes, both 2026-11).
STRIPE: Mapping[str, int] = {"ISK": 2, "UGX": 2, "MGA": 0}
ADYEN: Mapping[str, int] = {"CLP": 2, "ISK": 2, "CVE": 0, "IDR": 0}


class NotPayable(ValueError):
    """The provider has no whole number for this amount, or does not know the currency."""


def amount_for(provider: Mapping[str, int], amount: int, currency: str) -> int:
    """Our minor units as the provider's; an amount that would lose a part of it raises NotPayable."""
    places = _places(currency)
    return _in_places(amount, currency, places, provider.get(currency, places))


def amount_from(provider: Mapping[str, int], amount: int, currency: str) -> int:
    """The provider's minor units as ours; one that we cannot hold raises NotPayable."""
    places = _places(currency)
    return _in_places(amount, currency, provider.get(currency, places), places)


def _in_places(amount: int, currency: str, had: int, wanted: int) -> int:
    if wanted >= had:
        return amount * int(10 ** (wanted - had))
    unit = int(10 ** (had - wanted))
    if amount % unit:
        raise NotPayable(f"{amount} {currency}")
    return amount // unit


def _places(currency: str) -> int:
    try:
        return exponent(currency)
    except KeyError:
        raise NotPayable(currency) from None
