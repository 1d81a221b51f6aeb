"""What other systems tell of stock: what their samples mean."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from oms.inventory.told import Told
from oms.inventory.translating import ADAPTERS
from oms.platform.intake import parse_json
from oms.platform.problems import FieldError

SAMPLES = Path(__file__).parent / "feeds"
# The vendors' own files, where they lie beside the clone.
PAYLOADS = Path(__file__).parents[3] / "shared" / "payloads"
CHICAGO = ZoneInfo("America/Chicago")
SIX_LEFT = ("808950810", "905684977", "snapshot", 6, "2026-03-02T15:14:07+00:00")


def body_of(path: Path) -> Any:
    text = path.read_text(encoding="utf-8")
    return text if path.suffix == ".xml" else parse_json(text)


def tell(adapter: str, path: Path) -> list[Told | FieldError]:
    return list(ADAPTERS[adapter](body_of(path), CHICAGO))


def short(found: list[Told | FieldError]) -> list[tuple[Any, ...]]:
    return [
        (one.item, one.location, one.kind, one.quantity, one.as_of.isoformat())
        for one in found
        if isinstance(one, Told)
    ]


@pytest.mark.capability("D2")
@pytest.mark.parametrize(
    ("adapter", "sample", "expected"),
    [
        ("shopify", "shopify_event.json", [("44011223344556", "71", "snapshot", 12, "2026-03-09T09:00:00+00:00")]),
        (
            "shopify",
            "shopify_levels.json",
            [
                ("1", "71", "snapshot", 4, "2026-03-09T09:00:00+00:00"),
                ("3", "72", "snapshot", 0, "2026-03-09T09:00:00+00:00"),
            ],
        ),
        (
            "square",
            "square_counts.json",
            [
                ("VAR1", "LOC1", "snapshot", 10, "2026-03-09T09:00:00.123456+00:00"),
                ("VAR2", "LOC1", "snapshot", 3, "2026-03-09T09:00:00+00:00"),
            ],
        ),
        (
            "square",
            "square_changes.json",
            [
                ("VAR1", "LOC1", "snapshot", 8, "2026-03-09T09:00:00+00:00"),
                ("VAR1", "LOC1", "delta", -2, "2026-03-09T09:01:00+00:00"),
                ("VAR1", "LOC1", "delta", 5, "2026-03-09T09:02:00+00:00"),
            ],
        ),
        (
            "epcis",
            "epcis_events.json",
            [
                ("09506000199014", "9506000199007", "delta", 24, "2026-03-09T09:00:00+00:00"),
                ("09506000199021", "9506000199007", "delta", 2, "2026-03-09T09:00:00+00:00"),
                ("09506000199014", "9506000199007", "delta", -6, "2026-03-09T09:30:00+00:00"),
                ("09506000199014", "9506000199007", "snapshot", 17, "2026-03-09T09:45:00+00:00"),
            ],
        ),
        (
            "poslog",
            "poslog.xml",
            [
                ("00000000001001", "S7", "delta", -2, "2026-03-09T13:59:00+00:00"),
                ("00000000001001", "S7", "delta", 1, "2026-03-09T13:59:00+00:00"),
                ("00000000001002", "S7", "delta", 1, "2026-03-09T13:59:00+00:00"),
            ],
        ),
    ],
)
def test_a_sample_means(adapter: str, sample: str, expected: list[Any]):
    found = tell(adapter, SAMPLES / sample)
    assert [one for one in found if isinstance(one, FieldError)] == []
    assert short(found) == expected


def test_every_sample_and_every_adapter_is_looked_at():
    named = {path.name.split("_")[0].split(".")[0] for path in SAMPLES.iterdir() if path.suffix != ".md"}
    assert named == set(ADAPTERS)


@pytest.mark.parametrize(
    ("adapter", "file", "expected"),
    [
        (
            "shopify",
            "shopify/official_rest_fixtures/inventory_level.json",
            [("808950810", "905684977", "snapshot", 6, "2018-05-07T19:51:26+00:00")],
        ),
        (
            "shopify",
            "shopify/official_rest_fixtures/inventory_levels.json",
            [
                ("39072856", "487838322", "snapshot", 27, "2018-05-07T19:33:38+00:00"),
                ("808950810", "905684977", "snapshot", 1, "2018-05-07T19:33:38+00:00"),
                ("808950810", "487838322", "snapshot", 9, "2018-05-07T19:33:38+00:00"),
                ("39072856", "905684977", "snapshot", 3, "2018-05-07T19:33:38+00:00"),
            ],
        ),
        *(
            (
                "shopify",
                f"shopify/{place}.json",
                [("808950810", "905684977", "snapshot", 6, "2026-03-02T15:14:07+00:00")],
            )
            for place in ("webhooks/inventory_levels_update", "eventbridge/inventory_levels_update")
        ),
        (
            "square",
            "square/official_examples/InventoryCountUpdatedEvent.json",
            [("FGQ5JJWT2PYTHF35CKZ2DSKP", "YYQR03DGCTXA4", "snapshot", 10, "2019-10-29T18:38:45.102960+00:00")],
        ),
        (
            "epcis",
            "epcis/shipping_and_receiving_transfer.json",
            [
                ("09506000134352", "9506000111119", "delta", -24, "2026-03-02T16:00:00+00:00"),
                ("09506000134352", "9506000111126", "delta", 24, "2026-03-03T15:00:00+00:00"),
            ],
        ),
        (
            "epcis",
            "epcis/store_cycle_count.json",
            [("09506000134352", "9506000111126", "snapshot", 17, "2026-03-03T23:30:00+00:00")],
        ),
    ],
)
@pytest.mark.skipif(not PAYLOADS.is_dir(), reason="the vendors' files are not beside the clone")
def test_a_file_of_the_vendor_means(adapter: str, file: str, expected: list[Any]):
    found = tell(adapter, PAYLOADS / file)
    assert (short(found), [one for one in found if isinstance(one, FieldError)]) == (expected, [])


@pytest.mark.skipif(not PAYLOADS.is_dir(), reason="the vendors' files are not beside the clone")
def test_a_day_of_tills_means_its_sales_by_the_piece():
    """The sum of the log's own quantities, read by other means: stock lines that were not weighed."""
    (file,) = (PAYLOADS / "pos").glob("*.xml")
    lines = re.findall(r"<LineItem(.*?)</LineItem>", file.read_text(encoding="utf-8"), re.DOTALL)
    sold: Counter[str] = Counter()
    for line in lines:
        if '<Sale ItemType="Stock">' in line and "weightItem" not in line:
            sold[re.search("</POSIdentity><ItemID>(.*?)<", line)[1]] += int(re.search("<Quantity>(.*?)<", line)[1])
    found = tell("poslog", file)
    assert [one for one in found if isinstance(one, FieldError)] == []
    told: Counter[str] = Counter()
    for one in found:
        told[one.item] -= one.quantity
    assert +told == +sold
    assert (len(found), sum(sold.values())) == (149, 187)
    assert {(one.location, one.as_of.date().isoformat()) for one in found} == {("9", "2017-10-01")}
    # No till has told the same line twice, and each counts up.
    by_till: dict[str, list[int]] = {}
    for one in found:
        by_till.setdefault(one.teller, []).append(one.sequence)
    assert all(numbers == sorted(set(numbers)) for numbers in by_till.values())


@pytest.mark.skipif(not PAYLOADS.is_dir(), reason="the vendors' files are not beside the clone")
@pytest.mark.parametrize("adapter", [name for name in ADAPTERS if name != "poslog"])
def test_what_vendors_send_about_other_things_tells_nothing_or_is_refused(adapter: str):
    """Orders, refunds and payments that go astray move no stock."""
    own = ("inventory", adapter)
    others = [path for path in PAYLOADS.rglob("*.json") if not any(word in str(path).lower() for word in own)]
    assert len(others) > 20
    for path in others:
        found = list(ADAPTERS[adapter](json.loads(path.read_text(encoding="utf-8")), CHICAGO))
        assert short(found) == [], path
