"""Links for customers: nobody guesses a name, no table holds one, and each opens the pages of its purpose only."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from oms.platform.clock import FixedClock, format_instant
from oms.platform.ids import TimeOrderedIds
from oms.platform.links import Place, find_link, hash_of, link_write, new_name, open_link
from oms.platform.problems import NotFound
from oms.platform.writes import Item, Key, Kind

NOW = datetime(2026, 3, 9, 12, tzinfo=UTC)
UNTIL = NOW + timedelta(days=3)
PLACE = Place(tenant="acme", order_id="ord_1", about="ful_1", expires_at=format_instant(UNTIL))
IDS = TimeOrderedIds(FixedClock(NOW), lambda size: b"\x07" * size)


class Rows:
    """A table of links."""

    def __init__(self, *rows: tuple[Key, Item]) -> None:
        self.rows = dict(rows)

    def get(self, table: str, key: Key) -> Item | None:
        assert table == "orders"
        return self.rows.get(key)


def made() -> tuple[str, Rows]:
    name = new_name(IDS, "acme", "cho")
    write = link_write("choice", name, PLACE)
    return name, Rows((write.key, dict(write.set)))


def test_a_name_has_80_random_bits_and_the_row_has_only_its_hash():
    asked: list[int] = []

    def randomness(size: int) -> bytes:
        asked.append(size * 8)
        return b"\x07" * size

    name = new_name(TimeOrderedIds(FixedClock(NOW), randomness), "acme", "cho")
    write = link_write("choice", name, PLACE)
    assert (asked, name.split("_")[0]) == ([80], "acme.cho")
    assert (write.kind, write.key) == (Kind.CREATE, Key(f"T#acme#LINK#choice#{hash_of(name)}", "LINK"))
    assert name not in f"{write.key} {write.set}"
    assert len(hash_of(name)) == 64


def test_a_link_leads_to_its_place_until_its_time_is_over():
    name, rows = made()
    assert open_link(rows, "choice", name, UNTIL - timedelta(milliseconds=1)) == PLACE
    with pytest.raises(NotFound) as over:
        open_link(rows, "choice", name, UNTIL)
    with pytest.raises(NotFound) as unknown:
        open_link(rows, "choice", name[:-1] + "Z", NOW)
    assert over.value.document() == unknown.value.document()
    assert find_link(rows, "choice", name) == PLACE


@pytest.mark.parametrize("wrong", ["", ".", "acme.", ".cho_1", "acme", "other.{rest}", "acme#.{rest}", "acme.{rest}x"])
def test_any_other_name_leads_nowhere(wrong: str):
    name, rows = made()
    assert find_link(rows, "choice", wrong.format(rest=name.partition(".")[2])) is None


def test_the_name_of_one_purpose_opens_no_page_of_another():
    name, rows = made()
    assert find_link(rows, "pay", name) is None
    assert find_link(rows, "choice", "acme." + "x" * 3000) is None


def test_who_opens_a_link_is_a_customer_without_permissions():
    customer = PLACE.customer
    assert (customer.tenant, customer.actor, customer.role) == ("acme", "customer", "customer")
    assert customer.permissions == frozenset()
