"""The row of the API, and that nothing is sold twice, each shown whole through their doors."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.order_doors import Doors, doors
from tests.order_world import document, line, world

__all__ = ["doors", "world"]

OPENAPI = Path(__file__).resolve().parents[2] / "docs" / "openapi.json"


@pytest.mark.capability("D4", whole=True)
def test_one_unit_is_sold_once_and_lines_that_share_it_are_summed(doors: Doors):
    """A thousand orders at once for the last unit, and orders whose lines ask for one SKU's units together.

    What is sold here has no parts, so what two lines share is the SKU itself.
    """
    doors.world.add_item("LAST", {"DC1": 1})
    doors.world.add_item("SHARED", {"DC1": 10})
    api = doors.api("place_order")

    def buy(number: int) -> int:
        return api.post("/v1/orders", document(line("LAST", 1), external_id=f"x{number}"), key=f"x{number}").status

    with ThreadPoolExecutor(8) as buyers:
        statuses = list(buyers.map(buy, range(1000)))
    assert sorted(statuses) == [201] + [409] * 999
    row = doors.world.stock("LAST", "DC1")
    assert (row.reserved, row.available) == (1, 0)

    with doors.world.unchanged():
        refused = api.post("/v1/orders", document(line("SHARED", 6), line("SHARED", 5), external_id="too many"))
    assert (refused.status, refused.body["code"]) == (409, "out_of_stock")
    assert api.post("/v1/orders", document(line("SHARED", 6), line("SHARED", 4), external_id="fits")).status == 201
    assert doors.world.stock("SHARED", "DC1").available == 0


@pytest.mark.capability("O3", whole=True)
def test_the_api_is_described_paged_filtered_masked_and_limited(doors: Doors):
    """Cursors, filters, field masks, one shape of refusals, scopes for each channel, and the published limits."""
    for number in range(5):
        doors.place(document(line("A", 1), external_id=f"web-{number}"))
        doors.world.clock.advance(seconds=1)
    store = ("orders.write", "channel.store")
    placed = doors.api("place_order").post(
        "/v1/orders", document(line("A", 1), channel="store", external_id="till-1"), scopes=store
    )
    assert placed.status == 201
    api = doors.api("read_orders")
    found, url = [], "/v1/orders?channel=web&status=CONFIRMED&limit=2"
    while url:
        page = api.get(url).body
        found += [order["external_id"] for order in page["orders"]]
        cursor = page["next_cursor"]
        url = f"/v1/orders?channel=web&status=CONFIRMED&limit=2&cursor={cursor}" if cursor else ""
    assert found == [f"web-{number}" for number in (4, 3, 2, 1, 0)]
    masked = api.get(f"/v1/orders/{placed.body['id']}?fields=id,status,version").body
    assert masked == {"id": placed.body["id"], "status": "CONFIRMED", "version": 1}

    with doors.world.unchanged():
        foreign = doors.api("place_order").post("/v1/orders", document(external_id="x", channel="store"))
        refusals = [
            foreign,
            doors.api("place_order").post("/v1/orders", document(external_id="x"), key=""),
            doors.api("place_order").post("/v1/orders", document(external_id="x"), scopes=("orders.read",)),
            doors.api("place_order").post("/v1/orders", document(external_id="x", colour="red")),
            api.get("/v1/orders/ord_none"),
            api.get("/v1/orders?limit=many"),
        ]
    assert [refused.status for refused in refusals] == [foreign.status, 400, 403, 422, 404, 422]
    assert foreign.status in (403, 404)
    described = json.loads(OPENAPI.read_text())
    for refused in refusals:
        assert refused.headers["Content-Type"].startswith("application/problem+json")
        assert {"type", "title", "status", "code"} <= set(refused.body)
        response = described["components"]["responses"][f"Problem{refused.status}"]
        assert refused.body["code"] in json.dumps(response)
    assert described["openapi"].startswith("3.1")
    assert "500 requests a second" in described["info"]["description"]
    assert "1,000 at once" in described["components"]["responses"]["RateLimited"]["description"]
    operations = [operation for path in described["paths"].values() for operation in path.values()]
    assert all("429" in operation["responses"] for operation in operations)
    scopes = described["components"]["securitySchemes"]["token"]["flows"]["clientCredentials"]["scopes"]
    assert {"orders.read", "orders.write"} <= set(scopes)
