"""Card numbers: refused wherever they stand and however they are written, never kept and never told."""

from __future__ import annotations

import json
import time
from io import StringIO
from typing import Any

import pytest

from oms.platform.observability import logger
from tests.functions.test_bad_input import CARD, refused
from tests.order_doors import Doors, doors
from tests.order_world import document, line, world

__all__ = ["doors", "world"]

CARDS: dict[str, tuple[Any, str]] = {
    "in the note": (document(note=f"card {CARD} please"), "/note"),
    "in groups": (document(note="4111 1111 1111 1111"), "/note"),
    "with hyphens": (document(note="pay with 5500-0000-0000-0004"), "/note"),
    "with points": (document(note="4111.1111.1111.1111"), "/note"),
    "with points and its month": (document(note="3782.822463.10005 12.27"), "/note"),
    "with a fraction": (document(note="4111111111111111.00"), "/note"),
    "in full-width digits": (document(note="４１１１１１１１１１１１１１１１"), "/note"),
    "in full-width groups": (document(note="４１１１　１１１１－１１１１．１１１１"), "/note"),
    "in circled digits": (document(note="④①①①①①①①①①①①①①①①"), "/note"),
    "with its month": (document(note="4111 1111 1111 1111 12/27"), "/note"),
    "after other digits": (document(note="order 12 3782 822463 10005"), "/note"),
    "glued to a word": (document(note=f"card{CARD}"), "/note"),
    "in a gift message": (
        document(line("A", attributes={"gift": {"message": CARD}})),
        "/lines/0/attributes/gift/message",
    ),
    "as a number": (document(attributes={"ref": int(CARD)}), "/attributes/ref"),
    "in a list": (document(attributes={"refs": ["x", CARD]}), "/attributes/refs/1"),
    "as a name": (document(attributes={CARD: "x"}), "/attributes"),
    "as the token": (document(payments=[{"provider": "strict", "token": CARD, "amount": 1509}]), "/payments/0/token"),
    "as the external id": (document(external_id=CARD), "/external_id"),
    "as the SKU": (document(line(CARD)), "/lines/0/sku"),
    "as the customer": (document(customer={"reference": CARD}), "/customer/reference"),
    "as an unknown field": ({**document(), "pan": CARD}, "/pan"),
}


@pytest.mark.capability("K11")
@pytest.mark.parametrize("case", CARDS)
def test_a_card_number_is_refused_wherever_it_stands_and_never_told(doors: Doors, case: str):
    body, pointer = CARDS[case]
    said = StringIO()
    logger().registered_handler.setStream(said)
    answer = refused(doors, body)
    assert (answer.status, answer.body["code"], answer.pointers) == (422, "card_number_found", [pointer])
    told = said.getvalue() + json.dumps(answer.body)
    for digits in (CARD, "4111 1111", "5500-0000", "3782 822463"):
        assert digits not in told


@pytest.mark.parametrize("header", ["idempotency-key", "x-correlation-id", "x-reason"])
def test_a_card_number_in_a_header_that_is_kept_is_refused(doors: Doors, header: str):
    headers = {header: CARD}
    answer = refused(doors, document(), headers=headers, key="" if header == "idempotency-key" else None)
    assert (answer.status, answer.body["code"], answer.pointers) == (422, "card_number_found", [f"/header/{header}"])


@pytest.mark.parametrize(
    "text",
    [
        "4006381333931",  # a GTIN of 13 digits that fails the check digit of cards
        "2026-11-23 12 4000",
        "0f4111111111111111deadbeef000000",  # a machine's identifier in hexadecimal
        "41111111-1111-1111-a111-111111111111",
        "411111111111111112345678",  # longer than any card number
        "41.11111111111111",  # a coordinate
    ],
)
def test_other_numbers_are_no_card_numbers(doors: Doors, text: str):
    assert doors.place(document(note=text, attributes={"reference": text}))


def test_article_numbers_may_look_like_short_card_numbers(doors: Doors):
    gtin = "4000000000006"  # 13 digits, and the check digit of a card
    doors.world.add_item(gtin, {"DC1": 1})
    assert doors.place(document(line(gtin)))
    assert refused(doors, document(note=gtin, external_id="2")).body["code"] == "card_number_found"


@pytest.mark.parametrize("note", ["1 " * 30_000, "1." * 30_000])
def test_a_long_row_of_digits_is_looked_through_in_no_time(doors: Doors, note: str):
    began = time.perf_counter()
    assert refused(doors, document(note=note)).pointers == ["/note"]
    assert time.perf_counter() - began < 2
