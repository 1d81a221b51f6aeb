"""Papers over the in-memory retailer: work that has something to say on each of them, and its papers as text."""

from __future__ import annotations

from typing import Any

from tests.functions.conftest import Answer
from tests.order_doors import Doors
from tests.order_world import document, line
from tests.paper_text import text

GDANSK = {
    "name": "Zoë Łączyńska",
    "street": "ul. Świętojańska 5",
    "city": "Gdańsk",
    "postal_code": "80-840",
    "country": "PL",
}
MUG = {
    "locations": {"DC1": "A-10-2"},
    "barcodes": ({"barcode": "96385074"},),
    "weight_grams": 350,
    "attributes": {"hs_code": "6912.00", "country_of_origin": "PT"},
}
BOOK = {
    "locations": {"DC1": "A-9-7"},
    "weight_grams": 420,
    "attributes": {"hs_code": "490199", "country_of_origin": "GR"},
}
GIFT = {"message": "Χρόνια πολλά, Żaneta!", "receipt": True}
KINDS = ("pick-sheet", "packing-slip", "gift-receipt", "customs-form", "return-label")


def abroad(doors: Doors, **changes: Any) -> str:
    """Work of two mugs that are a gift and of a book, packed into two cartons, for a customer in Poland."""
    doors.world.add_item("MUG", {"DC1": 9}, **MUG)
    doors.world.add_item("BOOK", {"DC1": 9}, **BOOK)
    lines = (
        line("MUG", 2, 1999, off=500, description="Becher „Blå“ – 山", gift=GIFT),
        line("BOOK", 1, 1250, description="Ζορμπάς"),
    )
    wanted = {"ship_to": GDANSK, "locale": "de-AT", "customer": {"reference": "c-1", "name": "Zoë Łączyńska"}}
    (work,) = doors.run_order_workflow(doors.place(document(*lines, **{**wanted, **changes})))
    act = doors.api("fulfillment").post
    assert act(f"/v1/fulfillment-orders/{work}/pick", None).status == 200
    cartons = [
        {"carton_no": 1, "lines": [{"line_no": 1, "quantity": 2}], "weight_grams": 900, "packaging": "BOX-M"},
        {"carton_no": 2, "lines": [{"line_no": 2, "quantity": 1}], "weight_grams": 500},
    ]
    assert act(f"/v1/fulfillment-orders/{work}/pack", {"cartons": cartons}).status == 200
    return work


def printed(doors: Doors, work: str, kind: str, query: str = "", **more: Any) -> Answer:
    """A paper as it is answered."""
    return doors.api("papers").get(f"/v1/fulfillment-orders/{work}/papers/{kind}{query}", **more)


def says(answer: Answer) -> list[str]:
    """The rows of a paper that was answered."""
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/pdf"), answer.body
    return text(answer.body)


def put_rules(doors: Doors, content: dict[str, Any], set_id: str = "usual") -> None:
    """Rules of papers that hold."""
    rules = doors.api("rule_sets")
    put = rules.put(f"/v1/papers/rules/{set_id}", content, headers={"if-match": "0"})
    assert put.status == 201, put.body
    promoted = rules.post(f"/v1/papers/rules/{set_id}/promotions", {"number": 1}, headers={"if-match": "1"})
    assert promoted.status == 200, promoted.body
