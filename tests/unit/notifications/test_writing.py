"""How templates are read and filled, and how money, days and times are written."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from oms.notifications.locales import fall_back, greeting, written_day, written_moment, written_money
from oms.notifications.model import Milestone
from oms.notifications.rules import NoticeRules, NoticeTemplate, chosen, rules_of
from oms.notifications.templating import TemplateFault, Value, parse

NBSP, NARROW = "\u00a0", "\u202f"
VALUES = {"a": Value.plain("x & <y>"), "b": Value.plain(None), "c": Value("1\n2", "<ul><li>1</li><li>2</li></ul>")}


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("$a", "x & <y>"),
        ("${a}b $$5", "x & <y>b $5"),
        ("[[a: has $a]]|[[!a: none]]", "has x & <y>|"),
        ("[[b: has $b]]|[[!b: none]]", "|none"),
        ("one\n\n[[b: gone]]\n\ntwo", "one\n\ntwo"),
        ("{a} %s {{a}} ${a}", "{a} %s {{a}} x & <y>"),
    ],
)
def test_a_template_is_filled_and_nothing_in_it_is_run(template: str, text: str):
    assert parse(template).text(VALUES) == text


def test_values_cannot_bring_markup_and_lists_stay_lists():
    assert parse("A < B $a\n\n$c\n\nx\ny").as_html(VALUES) == (
        "<p>A &lt; B x &amp; &lt;y&gt;</p>\n<ul><li>1</li><li>2</li></ul>\n<p>x<br>y</p>"
    )
    assert parse("<i>$a</i>").html(VALUES) == "<i>x &amp; &lt;y&gt;</i>"
    assert parse("Hi $c\r\nBcc: x").line(VALUES) == "Hi 1 2 Bcc: x"
    assert Value.plain("Ann\r\nBcc: eve@example.com").text == "Ann Bcc: eve@example.com"


@pytest.mark.parametrize(
    ("template", "says"),
    [
        ("5 $", "a \\$ that no name follows at character 3"),
        ("$A", "a \\$ that no name follows at character 1"),
        ("[[a: x", "is not closed"),
        ("x]]", "belongs to no"),
        ("[[x]]", "belongs to no"),
        ("[[a: [[b: x]]]]", "a part within a part at character 6"),
    ],
)
def test_a_template_that_cannot_be_read_is_refused(template: str, says: str):
    with pytest.raises(TemplateFault, match=says):
        parse(template)


@pytest.mark.parametrize(
    ("locale", "currency", "amount", "text"),
    [
        ("en", "USD", 123_450, "$1,234.50"),
        ("en-US", "EUR", 5, "€0.05"),
        ("en-GB", "USD", 123_456_789, "US$1,234,567.89"),
        ("en-CA", "CAD", 100, "$1.00"),
        ("en", "CHF", 100, f"CHF{NBSP}1.00"),
        ("en", "JPY", 1234, "¥1,234"),
        ("en", "KWD", 1234, f"KWD{NBSP}1.234"),
        ("de", "EUR", 123_450, f"1.234,50{NBSP}€"),
        ("de-DE", "CHF", 123_450, f"1.234,50{NBSP}CHF"),
        ("de-AT", "EUR", 123_450, f"€{NBSP}1.234,50"),
        ("de-CH", "CHF", 123_450, f"CHF{NBSP}1’234.50"),
        ("fr", "EUR", 123_450, f"1{NARROW}234,50{NBSP}€"),
        ("fr-CA", "CAD", 123_450, f"1{NBSP}234,50{NBSP}$"),
        ("fr-CA", "USD", 123_450, f"1{NBSP}234,50{NBSP}${NBSP}US"),
        ("es", "EUR", 123_450, "€1,234.50"),
        ("en", "USD", -5, "-$0.05"),
    ],
)
def test_money_is_written_as_in_its_locale(locale: str, currency: str, amount: int, text: str):
    assert written_money(amount, currency, locale) == text


@pytest.mark.parametrize(
    ("locale", "first", "moment"),
    [
        ("en", "December 1, 2026", f"December 3, 2026 at 12:05{NBSP}AM"),
        ("en-GB", "1 December 2026", "3 December 2026 at 00:05"),
        ("de", "1. Dezember 2026", "3. Dezember 2026 um 00:05 Uhr"),
        ("fr", "1er décembre 2026", "3 décembre 2026 à 00:05"),
        ("fr-CA", "1er décembre 2026", "3 décembre 2026 à 0 h 05"),
    ],
)
def test_days_and_times_are_those_of_the_place(locale: str, first: str, moment: str):
    assert written_day(date(2026, 12, 1), locale) == first
    assert written_moment(datetime(2026, 12, 2, 23, 5, tzinfo=UTC), "Europe/Paris", locale) == moment


def test_a_greeting_needs_no_name():
    assert (greeting("Ann", "de-AT"), greeting(None, "de-AT"), greeting("", "fr")) == (
        *("Guten Tag Ann,", "Guten Tag,", "Bonjour,"),
    )


def own(locale: str) -> NoticeTemplate:
    return NoticeTemplate(milestone=Milestone.SHIPPED, locale=locale, subject=locale, text="x")


@pytest.mark.capability("B6")
@pytest.mark.parametrize(
    ("locale", "found"),
    [
        ("fr-CA", ("fr-CA", True)),
        ("fr-FR", ("fr", True)),
        ("fr", ("fr", True)),
        ("de-AT", ("de", False)),
        ("en-GB", ("en", False)),
        ("es-MX", ("nl", True)),
    ],
)
def test_a_locale_falls_back_to_its_language_and_then_to_the_default(locale: str, found: tuple[str, bool]):
    rules = NoticeRules(default_locale="nl-NL", templates=(own("fr-CA"), own("fr"), own("nl")))
    template = chosen(rules, Milestone.SHIPPED, locale)
    assert (template.locale, template.own) == found
    assert chosen(NoticeRules(), Milestone.SHIPPED, locale).locale in ("en", "de", "fr")
    assert fall_back("fr-CA") == ("fr-CA", "fr")


def test_a_channel_has_the_rules_that_name_it_or_those_that_name_none():
    brand, usual = NoticeRules(channels=("web",), shop="Brand"), NoticeRules(shop="Usual")
    assert [rules_of(sets, "web").shop for sets in ((usual, brand), (usual,), (brand,), ())] == [
        *("Brand", "Usual", "Brand", None),
    ]
    assert rules_of((brand,), "store") == NoticeRules()
