"""Money: integers in minor units with a currency, and shares that lose nothing."""

from __future__ import annotations

from collections.abc import Sequence

# ISO 4217 codes in use and their minor-unit exponents, where the exponent is not 2 (ISO 4217 list one).
_EXPONENTS_OTHER_THAN_TWO = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
_TWO = (
    "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY "
    "COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR "
    "ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK "
    "MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP "
    "SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VES WST XCD YER ZAR ZMW ZWG"
)
EXPONENTS: dict[str, int] = dict.fromkeys(_TWO.split(), 2) | {
    code: exponent for exponent, codes in _EXPONENTS_OTHER_THAN_TWO.items() for code in codes.split()
}
LARGEST_AMOUNT = 10**15
# Rates are whole millionths: 8.25 % is 82500.
MILLION = 10**6


def exponent(currency: str) -> int:
    """Decimal places of a currency's minor unit; an unknown code raises KeyError."""
    return EXPONENTS[currency]


def share_up_to(amount: int, done: int, whole: int) -> int:
    """The share of an amount that belongs to the first `done` of `whole` units, rounded half up (FR3).

    The share of units a to b is `share_up_to(b) - share_up_to(a)`, so shares of parts always sum to the whole.
    """
    if whole <= 0 or not 0 <= done <= whole:
        raise ValueError("done must lie between 0 and whole")
    sign = -1 if amount < 0 else 1
    return sign * ((2 * abs(amount) * done + whole) // (2 * whole))


def shares_by_weight(amount: int, weights: Sequence[int]) -> list[int]:
    """An amount of 0 or more split by weights of 0 or more, by largest remainder; of equal ones the earlier gets more.

    Without any weight the first has all of it, so the parts always sum to the whole (FR3).
    """
    whole = sum(weights)
    if not whole:
        return [amount if not number else 0 for number in range(len(weights))]
    parts = [amount * weight // whole for weight in weights]
    behind = sorted(range(len(parts)), key=lambda n: (-(amount * weights[n] % whole), n))
    for position in behind[: amount - sum(parts)]:
        parts[position] += 1
    return parts


def shares_at_rates(amount: int, rates_ppm: Sequence[int]) -> list[int]:
    """What rates in millionths make of an amount of 0 or more: all of them together half up, each by largest remainder.

    Of equal remainders the earlier rate is rounded up, so the parts sum to the whole (FR3).
    """
    whole = (2 * amount * sum(rates_ppm) + MILLION) // (2 * MILLION)
    parts = [amount * rate // MILLION for rate in rates_ppm]
    behind = sorted(range(len(parts)), key=lambda n: (-(amount * rates_ppm[n] % MILLION), n))
    for position in behind[: whole - sum(parts)]:
        parts[position] += 1
    return parts
