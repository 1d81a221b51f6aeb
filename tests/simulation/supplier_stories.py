"""Stories of suppliers that ship for us, for the crash points."""

from __future__ import annotations

from tests.simulation.directed import People
from tests.simulation.many_items import node_document
from tests.simulation.telling import story
from tests.simulation.world import line

SUPPLIER = "mill"


@story
def a_supplier_ships(people: People) -> None:
    """One that nobody else has the goods of: it is sent a purchase order, acknowledges, and ships in two parcels."""
    node = {**node_document("albany"), "id": SUPPLIER, "name": SUPPLIER, "kind": "supplier"}
    people.send("PUT", "/v1/nodes", {"nodes": [node]})
    cost = {"node_id": SUPPLIER, "sku": "SCARF", "currency": "USD", "unit_cost": 405, "commission_ppm": 150_000}
    people.send("PUT", "/v1/supplier-items", {"supplier_items": [cost]})
    received = {"node_id": SUPPLIER, "sku": "SCARF", "kind": "received", "quantity": 90, "reason": "told"}
    people.send("POST", "/v1/inventory/movements", {"movements": [received]})
    order_id = people.place("o-1", line("SCARF", 80))
    work_id = people.released(order_id)
    people.send("GET", f"/v1/purchase-orders?node={SUPPLIER}&status=SENT")
    people.do(work_id, "accept")
    people.do(work_id, "ship", lines=[{"line_no": 1, "quantity": 3}])
    people.send("POST", f"/v1/fulfillment-orders/{work_id}/ship", {}, f"{work_id}:rest", "acme-wms")
    people.until(order_id, payment_status="CAPTURED")
    purchase = f"/v1/purchase-orders/pur_{work_id.partition('_')[2]}"
    people.send("GET", purchase)
    # Three at what was agreed, and the rest a little dearer, which a person approves.
    for number, units, total in (("R-1", 3, 3 * 405 - 182), ("R-2", 77, 77 * 410 - 4_677)):
        own = {"line_no": 1, "quantity": units, "unit_cost": 405 if units == 3 else 410}
        commission = units * own["unit_cost"] - total
        body = {"number": number, "currency": "USD", "total": total, "lines": [{**own, "commission": commission}]}
        people.send("POST", f"{purchase}/invoices", body)
    shown = people.send("GET", purchase).body["invoices"]
    assert [(one["number"], one["status"]) for one in shown] == [("R-1", "MATCHED"), ("R-2", "DIFFERS")]
    decision = {"decision": "approve", "reason": "the new price"}
    people.send("POST", f"{purchase}/invoices/{shown[1]['id']}/decision", decision)
