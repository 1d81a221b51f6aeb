"""Cases 36 and 38: nobody sees what is another tenant's, and nobody is believed without proof."""

from __future__ import annotations

import json

from local.psp.courier import SIGNATURE_HEADER, sign
from tests.simulation.cases.steps import later, nothing_kept, placed, refused, released, rested, ship
from tests.simulation.machine.objects import PSP_SECRET
from tests.simulation.world import line, order, simulated

EVERY_SCOPE = ("orders.read", "orders.write", "fulfillment.read", "fulfillment.write", "inventory.read", "finance.read")


def test_case_36_an_order_of_another_tenant_is_as_one_that_does_not_exist():
    simulation = simulated(faults=False)
    order_id = placed(simulation, order("o-1", line("MUG", 2)))
    (work_id,) = released(simulation)
    missing_id, missing_work = (known[:-6] + "ZZZZZZ" for known in (order_id, work_id[:-2]))
    calls = (
        ("GET", "/v1/orders/{order}", None),
        ("GET", "/v1/orders/{order}/timeline", None),
        ("POST", "/v1/orders/{order}/cancellations", {"reason": "theirs"}),
        ("POST", "/v1/orders/{order}/review", {"decision": "cancel", "reason": "theirs"}),
        ("GET", "/v1/fulfillment-orders/{work}", None),
        ("POST", "/v1/fulfillment-orders/{work}/accept", {}),
    )
    for method, path, body in calls:
        answers = []
        for order_, work in ((order_id, work_id), (missing_id, f"{missing_work}_1")):
            made = sum(simulation.faults.calls.values())
            with nothing_kept(simulation):
                answer = simulation.http(
                    method,
                    path.format(order=order_, work=work),
                    body,
                    key=f"k-{order_}",
                    client="globex-web",
                    tenant="globex",
                    scopes=EVERY_SCOPE,
                )
            refused(answer, 404, "not_found")
            text = answer.text.replace(order_, "<id>").replace(work, "<id>")
            answers.append((text, dict(answer.headers), sum(simulation.faults.calls.values()) - made))
        assert answers[0] == answers[1], "neither the body nor the number of reads tells"
    listed = simulation.http(
        "GET", "/v1/orders?channel=web&external_id=o-1", client="globex-web", tenant="globex", scopes=EVERY_SCOPE
    )
    assert (listed.status, listed.body["orders"]) == (200, [])
    ship(simulation, work_id)
    rested(simulation)


def test_case_38_a_webhook_that_proves_nothing_is_refused():
    simulation = simulated(faults=False)
    placed(simulation, order("o-1", line("MUG", 2)))
    later(simulation, 5)
    payload = simulation.provider.psp.journal.events[0].payload
    now, secret = simulation.scheduler.now // 1000, PSP_SECRET["webhook_secret"]
    right = sign(secret, now, payload)
    written_anew = json.dumps(json.loads(payload), indent=1)
    wrong = {
        "the secret of somebody else": (sign("whsec_other", now, payload), payload.decode()),
        "the same content in other bytes": (right, written_anew),
        "ten minutes old": (sign(secret, now - 600, payload), payload.decode()),
        "ten minutes ahead": (sign(secret, now + 600, payload), payload.decode()),
        "no signature": ("", payload.decode()),
        "a time only": (right.split(",")[0], payload.decode()),
        "the signature of another time": (right.replace(str(now), str(now + 1)), payload.decode()),
    }
    for why, (signature, text) in wrong.items():
        made = simulation.calls("psp_webhook")
        with nothing_kept(simulation):
            headers = {SIGNATURE_HEADER.lower(): signature}
            refused(simulation.http("POST", "/v1/webhooks/strict", text, headers=headers), 401, "signature_refused")
        assert simulation.calls("psp_webhook") == made, f"{why}: nothing is read or asked"
    headers = {SIGNATURE_HEADER.lower(): right}
    assert simulation.http("POST", "/v1/webhooks/strict", payload.decode(), headers=headers).status == 200
    ship(simulation, *released(simulation))
    rested(simulation)
