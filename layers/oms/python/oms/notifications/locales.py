"""How money, days and times are written in the languages that have templates of our own. Pure.

The words follow CLDR 48 for en, de and fr and the regions named here; any other language is written as English.
Babel knows them all, and is 33 MB of a layer that may have 250.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from oms.platform.money import exponent

NBSP, NARROW = "\u00a0", "\u202f"
DEFAULT = "en"


@dataclass(frozen=True, slots=True)
class Words:
    """How one locale writes; `{}` in a pattern is filled in order.

    `symbols` are those of currencies, of which others are written by their codes.
    """

    months: tuple[str, ...]
    day: str
    first_of_month: str
    moment: str
    hello: str
    hello_nobody: str
    decimal: str = "."
    group: str = ","
    symbol_first: bool = True
    space: str = ""
    twelve_hours: bool = False
    time: str = "{:02d}:{:02d}"
    symbols: Mapping[str, str] = field(default_factory=dict)


_EN_MONTHS = "January February March April May June July August September October November December"
_DE_MONTHS = "Januar Februar März April Mai Juni Juli August September Oktober November Dezember"
_FR_MONTHS = "janvier février mars avril mai juin juillet août septembre octobre novembre décembre"
_EN = Words(
    months=tuple(_EN_MONTHS.split()),
    day="{month} {day}, {year}",
    first_of_month="{month} {day}, {year}",
    moment="{day} at {time}",
    hello="Hello {name},",
    hello_nobody="Hello,",
    twelve_hours=True,
    symbols={"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "CAD": "CA$", "AUD": "A$"},
)
_EN_BY_DAY = replace(
    _EN,
    day="{day} {month} {year}",
    first_of_month="{day} {month} {year}",
    symbols={**_EN.symbols, "USD": "US$"},
)
_DE = Words(
    months=tuple(_DE_MONTHS.split()),
    day="{day}. {month} {year}",
    first_of_month="{day}. {month} {year}",
    moment="{day} um {time}",
    hello="Guten Tag {name},",
    hello_nobody="Guten Tag,",
    decimal=",",
    group=".",
    symbol_first=False,
    space=NBSP,
    time="{:02d}:{:02d} Uhr",
    symbols={"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "CAD": "CA$", "AUD": "AU$"},
)
_FR = Words(
    months=tuple(_FR_MONTHS.split()),
    day="{day} {month} {year}",
    first_of_month="1er {month} {year}",
    moment="{day} à {time}",
    hello="Bonjour {name},",
    hello_nobody="Bonjour,",
    decimal=",",
    group=NARROW,
    symbol_first=False,
    space=NBSP,
    symbols={"USD": "$US", "EUR": "€", "GBP": "£GB", "CAD": "$CA", "AUD": "$AU"},
)
_WORDS: Mapping[str, Words] = {
    "en": _EN,
    "en-GB": replace(_EN_BY_DAY, twelve_hours=False),
    "en-IE": replace(_EN_BY_DAY, twelve_hours=False),
    "en-AU": replace(_EN_BY_DAY, symbols={**_EN_BY_DAY.symbols, "AUD": "$"}),
    "en-CA": replace(_EN, symbols={**_EN.symbols, "CAD": "$", "USD": "US$"}),
    "de": _DE,
    "de-AT": replace(_DE, symbol_first=True),
    "de-CH": replace(_DE, symbol_first=True, decimal=".", group="’"),
    "fr": _FR,
    "fr-CA": replace(_FR, group=NBSP, time="{} h {:02d}", symbols={**_FR.symbols, "CAD": "$", "USD": f"${NBSP}US"}),
    "fr-CH": replace(_FR, decimal="."),
}


def fall_back(locale: str) -> tuple[str, ...]:
    """A locale and what stands in for it: `fr-CA`, then `fr`."""
    language = locale.split("-")[0]
    return (locale,) if language == locale else (locale, language)


def words_of(locale: str) -> Words:
    """How a locale writes."""
    return next((_WORDS[one] for one in fall_back(locale) if one in _WORDS), _WORDS[DEFAULT])


def written_money(amount: int, currency: str, locale: str) -> str:
    """An amount in minor units of a currency, such as `$1,234.50` or `1.234,50 €`."""
    words, places = words_of(locale), exponent(currency)
    whole, part = divmod(abs(amount), 10**places)
    number = f"{whole:,}".replace(",", words.group) + (f"{words.decimal}{part:0{places}d}" if places else "")
    symbol = words.symbols.get(currency, currency)
    space = words.space or (NBSP if symbol == currency else "")
    written = f"{symbol}{space}{number}" if words.symbol_first else f"{number}{space}{symbol}"
    return f"-{written}" if amount < 0 else written


def written_day(day: date, locale: str) -> str:
    """A date, such as `December 3, 2026`."""
    words = words_of(locale)
    pattern = words.first_of_month if day.day == 1 else words.day
    return pattern.format(day=day.day, month=words.months[day.month - 1], year=day.year)


def written_moment(instant: datetime, zone: str, locale: str) -> str:
    """An instant as the wall clock of a zone shows it, such as `December 3, 2026 at 5:30 PM`."""
    words, local = words_of(locale), instant.astimezone(ZoneInfo(zone))
    if words.twelve_hours:
        half = "AM" if local.hour < 12 else "PM"
        time = f"{(local.hour - 1) % 12 + 1}:{local.minute:02d}{NBSP}{half}"
    else:
        time = words.time.format(local.hour, local.minute)
    return words.moment.format(day=written_day(local.date(), locale), time=time)


def greeting(name: str | None, locale: str) -> str:
    """How a letter to somebody begins, whose name may not be known."""
    words = words_of(locale)
    return words.hello.format(name=name) if name else words.hello_nobody
