"""Rules of papers over HTTP: brands, locales, texts and words of one's own, and what is said where one is missing."""

from __future__ import annotations

from typing import Any

import pytest

from tests.order_doors import Doors, doors
from tests.order_world import document, line, world
from tests.paper_doors import GDANSK, abroad, printed, put_rules, says
from tests.paper_text import lowest, text

__all__ = ["doors", "world"]

RULES = "/v1/papers/rules/usual"


def slip(doors: Doors, **changes: Any) -> list[str]:
    (work,) = doors.run_order_workflow(doors.place(document(line("A", 1), **changes)))
    return says(printed(doors, work, "packing-slip"))


@pytest.mark.capability("H7", whole=True)
def test_a_brand_has_its_name_address_texts_and_words(doors: Doors):
    put_rules(
        doors,
        {
            "channels": ["web"],
            "logo": "Łódź & Co",
            "address": ["Piotrkowska 1", "90-001 Łódź"],
            "return_address": ["Łódź & Co, returns", "Dock 7", "90-001 Łódź"],
            "default_locale": "pl",
            "texts": [
                {
                    "paper": "packing-slip",
                    "locale": "pl",
                    "title": "Specyfikacja $order",
                    "opening": "Dziękujemy[[name: , $name]]!\nZespół $shop z $node",
                    "closing": "",
                }
            ],
            "words": [{"locale": "pl", "words": {"order": "Zamówienie", "page": "Strona"}}],
        },
    )
    work = abroad(doors, locale="pl")
    rows = says(printed(doors, work, "packing-slip"))
    # Words and texts that the brand has not written in Polish are said in English.
    assert rows == [
        *("Łódź & Co", "Piotrkowska 1", "90-001 Łódź", work, "Specyfikacja 536365"),
        *("Zamówienie", "536365", "Ordered on", "November 23, 2026", "Method", "Shipping", "Fulfilment order", work),
        *("Recipient", "Zoë Łączyńska", "ul. Świętojańska 5", "80-840 Gdańsk", "PL"),
        *("Sender", "DC1", "1 Main St", "Town", "US"),
        *("Dziękujemy, Zoë Łączyńska!", "Zespół Łódź & Co z DC1"),
        *("Carton 1 · BOX-M · 0.900 kg", "Item", "Ordered", "Quantity", "Becher „Blå“ – ■", "MUG", "2", "2"),
        *("Carton 2 · 0.500 kg", "Item", "Ordered", "Quantity", "Ζορμπάς", "BOOK", "1", "1"),
        *("Łódź & Co", "Strona 1/1"),
    ]
    assert printed(doors, work, "packing-slip").headers["Content-Language"] == "pl"
    label = says(printed(doors, work, "return-label"))
    start = label.index("Return to")
    assert label[start + 1 : start + 4] == ["Łódź & Co, returns", "Dock 7", "90-001 Łódź"]
    # In another language, the brand's name with our texts.
    rows = says(printed(doors, work, "packing-slip", "?locale=de"))
    assert (rows[0], rows[4], rows[5]) == ("Łódź & Co", "Lieferschein", "Bestellung")


@pytest.mark.capability("H7")
def test_the_closest_rules_hold_selling_node_before_channel_before_all(doors: Doors):
    put_rules(doors, {"logo": "All"}, "z-all")
    assert slip(doors, external_id="o-1")[0] == "All"
    put_rules(doors, {"logo": "Web", "channels": ["web"]}, "y-web")
    assert slip(doors, external_id="o-2")[0] == "Web"
    put_rules(doors, {"logo": "App", "channels": ["app"], "selling_nodes": ["WEB"]}, "a-app")
    assert slip(doors, external_id="o-3")[0] == "Web"
    put_rules(doors, {"logo": "Site", "selling_nodes": ["WEB"]}, "x-site")
    assert slip(doors, external_id="o-4")[0] == "Site"


@pytest.mark.capability("H7")
def test_a_page_is_a4_or_letter_and_a_label_a6(doors: Doors):
    work = abroad(doors)
    assert b"/MediaBox [ 0 0 595.28 841.89 ]" in printed(doors, work, "packing-slip").body
    put_rules(doors, {"page": "letter"})
    assert b"/MediaBox [ 0 0 612 792 ]" in printed(doors, work, "packing-slip").body
    assert b"/MediaBox [ 0 0 297.64 419.53 ]" in printed(doors, work, "return-label").body


@pytest.mark.capability("H7")
def test_a_label_of_long_addresses_is_written_smaller_and_loses_nothing(doors: Doors):
    rows = [f"{number} {'Llanfairpwllgwyngyll ' * 5}".strip() for number in range(6)]
    put_rules(doors, {"return_address": rows, "texts": [{"paper": "return-label", "locale": "de", "closing": "Ende."}]})
    work = abroad(doors, ship_to={**GDANSK, "street": "ul. Świętojańska " * 5})
    pdf = printed(doors, work, "return-label").body
    words = " ".join(text(pdf))
    assert all(row in words for row in (*rows, "Ende."))
    assert lowest(pdf) >= 17


@pytest.mark.capability("H7")
@pytest.mark.parametrize(
    ("content", "pointer"),
    [
        ({"texts": [{"paper": "packing-slip", "locale": "en", "closing": "Paid by $card"}]}, "/texts/0"),
        ({"texts": [{"paper": "pick-sheet", "locale": "en", "title": "For $name"}]}, "/texts/0"),
        ({"texts": [{"paper": "packing-slip", "locale": "en", "title": "[[order: $order"}]}, "/texts/0/title"),
        ({"texts": [{"paper": "packing-slip", "locale": "English", "title": "T"}]}, "/texts/0/locale"),
        ({"texts": [{"paper": "invoice", "locale": "en", "title": "T"}]}, "/texts/0/paper"),
        ({"texts": [{"paper": "packing-slip", "locale": "en"}] * 2}, "/"),
        ({"texts": [{"paper": "return-label", "locale": "en", "closing": "x" * 201}]}, "/texts/0"),
        ({"texts": [{"paper": "return-label", "locale": "en", "closing": "a\nb\nc\nd\ne"}]}, "/texts/0"),
        ({"words": [{"locale": "en", "words": {"colour": "Colour"}}]}, "/words/0/words/colour/[key]"),
        ({"words": [{"locale": "en", "words": {}}] * 2}, "/"),
        ({"page": "a5"}, "/page"),
    ],
)
def test_rules_that_could_not_be_printed_are_refused(doors: Doors, content: dict[str, Any], pointer: str):
    with doors.world.unchanged():
        refused = doors.api("rule_sets").put(RULES, content, headers={"if-match": "0"})
    assert (refused.status, refused.pointers) == (422, [pointer]), refused.body


@pytest.mark.capability("H7")
def test_a_refused_text_says_which_names_there_are(doors: Doors):
    content = {"texts": [{"paper": "packing-slip", "locale": "en", "closing": "Paid by $card"}]}
    refused = doors.api("rule_sets").put(RULES, content, headers={"if-match": "0"})
    (error,) = refused.body["errors"]
    assert "$card is not known of packing-slip; known are $name, $node, $number, $order, $shop" in error["detail"]
