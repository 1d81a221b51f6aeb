"""Papers of work and of a wave, for the check of every answer."""

from __future__ import annotations

from tests.contracts.described import Gateway
from tests.contracts.picking_answers import waved
from tests.order_world import document, line

PAPER_RULES = {"logo": "Acme", "texts": [{"paper": "packing-slip", "locale": "en", "title": "Slip $order"}]}


def papers(gateway: Gateway) -> None:
    """A node prints what there is to print; what there is not is refused."""
    path = "/v1/papers/rules/usual"
    assert gateway.send("PUT", path, PAPER_RULES)[0] == 201
    assert gateway.send("POST", f"{path}/promotions", {"number": 1}, headers={"if-match": "1"})[0] == 200
    assert gateway.send("PUT", path, {"logo": "Other"}, headers={"if-match": "2"})[0] == 200
    assert gateway.send("POST", f"{path}/promotions", {"number": 2}, headers={"if-match": "3"})[0] == 200
    assert gateway.send("POST", f"{path}/rollbacks", {}, headers={"if-match": "4"})[0] == 200
    assert gateway.send("GET", f"{path}/versions/2")[1]["status"] == "RETIRED"
    assert gateway.send("GET", f"{path}/diff")[1]["differences"]
    assert gateway.send("GET", path)[1]["live"]["content"]["logo"] == "Acme"
    assert gateway.send("GET", "/v1/papers/rules")[1]["rule_sets"]
    gateway.world.receive("C", "DC1", 5)
    order_id = gateway.send("POST", "/v1/orders", document(line("C", 1), external_id="papers"))[1]["id"]
    (work,) = gateway.world.released(order_id)
    own = f"/v1/fulfillment-orders/{work}/papers"
    for paper in ("pick-sheet", "packing-slip", "return-label"):
        status, pdf = gateway.send("GET", f"{own}/{paper}?locale=de")
        assert (status, pdf[:5]) == (200, b"%PDF-")
    assert gateway.send("GET", f"{own}/gift-receipt")[1]["code"] == "no_gift_receipt"
    assert gateway.send("GET", f"{own}/customs-form?incomplete=true")[1]["code"] == "no_border"
    assert gateway.send("GET", f"{own}/packing-slip?carton=9")[0] == 422
    wave = waved(gateway, "paper-wave")
    assert gateway.send("GET", f"/v1/nodes/DC1/waves/{wave['id']}/papers/pick-sheet")[1][:5] == b"%PDF-"
