"""Every function of an order's way on moto, in its own environment: what it does, and a refusal that changes nothing.

The many cases of each function run on tables in memory, beside this file; here the same handlers meet the tables, the
secret and the conditions of the template.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

import pytest

from oms.fulfillment.model import Outcome
from oms.payments.commands import TransientFailure
from oms.platform.problems import ActionNotAvailable, NotFound
from oms.platform.saga import LEASE
from oms.platform.writes import Key
from tests.crashes import Died
from tests.functions.conftest import Answer
from tests.moto_doors import MotoDoors, deployed, moto_doors
from tests.moto_resources import PSP_SECRET
from tests.order_doors import message
from tests.order_world import TENANT, document, line

__all__ = ["deployed", "moto_doors"]


def released(doors: MotoDoors, *lines: dict[str, Any], **changes: Any) -> tuple[str, str]:
    """An order whose only fulfilment order waits for its node: both ids."""
    order_id = doors.place(document(*(lines or (line("A", 5),)), **changes))
    (work,) = doors.run_order_workflow(order_id)
    return order_id, work


def reserved(doors: MotoDoors) -> int:
    """Units that any order, or any placement under way, holds."""
    return sum(
        int(str(row["reserved"]))
        for (table, _), row in doors.world.tables().items()
        if table == "stock" and "reserved" in row
    )


def says(verb: str, work: str, **data: Any) -> dict[str, Any]:
    return message("wms.DC1", f"{verb}FulfillmentOrder", f"{verb}-{work}", fulfillment_order_id=work, **data)


def test_place_order_reserves_its_units_and_refuses_what_is_not_there(moto_doors: MotoDoors):
    order_id = moto_doors.place(document(line("A", 3), line("B", 1)))
    assert moto_doors.world.stock("A", "DC1").reserved == 3
    with moto_doors.world.unchanged():
        refused = moto_doors.api("place_order").post("/v1/orders", document(line("A", 18), external_id="2"))
    assert (refused.status, refused.body["code"]) == (409, "out_of_stock")
    assert moto_doors.see(order_id)["status"] == "CONFIRMED"


def test_change_orders_gives_units_back_and_only_on_the_version_that_was_read(moto_doors: MotoDoors):
    order_id = moto_doors.place(document(line("A", 3)))
    api, url = moto_doors.api("change_orders"), f"/v1/orders/{order_id}/cancellations"
    with moto_doors.world.unchanged():
        stale = api.post(url, {"reason": "x"}, headers={"if-match": '"7"'})
        undue = moto_doors.api("change_orders").post(
            f"/v1/orders/{order_id}/review", {"decision": "accept", "reason": "checked"}
        )
    assert (stale.status, stale.body["code"]) == (409, "stale_version")
    assert (undue.status, undue.body["code"]) == (409, "action_not_available")
    done = moto_doors.api("change_orders").post(url, {"reason": "x"}, headers={"if-match": '"1"'})
    assert (done.status, done.body["status"]) == (200, "CANCELLED")
    assert moto_doors.world.stock("A", "DC1").reserved == 0


def test_source_order_allocates_and_knows_no_other_tenants_order(moto_doors: MotoDoors):
    order_id = moto_doors.place(document(line("A", 5)))
    with moto_doors.world.unchanged(), pytest.raises(NotFound):
        moto_doors.module("source_order").handler({"tenant": "other", "order_id": order_id}, None)
    assert moto_doors.task("source_order", order_id=order_id) == {"order_id": order_id, "sourced": True}
    row = moto_doors.world.stock("A", "DC1")
    assert (row.reserved, row.allocated) == (0, 5)


def test_authorize_payment_holds_the_money_once(moto_doors: MotoDoors):
    order_id = moto_doors.place(document(line("A", 5)))
    moto_doors.task("source_order", order_id=order_id)
    answer = moto_doors.task("authorize_payment", order_id=order_id)
    assert answer["outcome"] == "AUTHORIZED"
    with moto_doors.world.unchanged():
        assert moto_doors.task("authorize_payment", order_id=order_id) == answer
        with pytest.raises(NotFound):
            moto_doors.task("authorize_payment", order_id="ord_none")
    assert moto_doors.world.provider.effects == [("authorize", "psp_1", 5000)]


def test_release_fulfillment_tells_the_node_and_never_without_money(moto_doors: MotoDoors):
    declined = moto_doors.place(document(line("B", 1), external_id="declined"))
    moto_doors.task("source_order", order_id=declined)
    moto_doors.world.provider.script["authorize"] = ["declined"]
    moto_doors.task("authorize_payment", order_id=declined)
    held_back = moto_doors.see(declined)["fulfillment_orders"][0]["id"]
    moto_doors.enter("release_fulfillment")
    with moto_doors.world.unchanged(), pytest.raises(ActionNotAvailable):
        task = {"order_id": declined, "fulfillment_order_id": held_back, "task_token": "t"}
        moto_doors.task("release_fulfillment", **task)
    order_id, work = released(moto_doors)
    assert moto_doors.timeline(order_id)[-1]["event"] == "FulfillmentOrderReleased"
    moto_doors.enter("release_fulfillment")
    assert moto_doors.world.work(work).task_token == f"token-{work}"


def test_fulfillment_ships_and_takes_no_unit_twice(moto_doors: MotoDoors):
    order_id, work = released(moto_doors)
    listed = moto_doors.api("fulfillment").get("/v1/fulfillment-orders?node=DC1&status=OPEN").body
    assert [entry["id"] for entry in listed["fulfillment_orders"]] == [work]
    done = moto_doors.api("fulfillment").post(f"/v1/fulfillment-orders/{work}/ship", {})
    assert (done.status, done.body["status"]) == (200, "COMPLETED")
    assert moto_doors.world.stock("A", "DC1").on_hand == 5
    with moto_doors.world.unchanged():
        again = moto_doors.api("fulfillment").post(f"/v1/fulfillment-orders/{work}/ship", {})
        foreign = moto_doors.api("fulfillment").get(f"/v1/fulfillment-orders/{work}", tenant="other")
    assert (again.status, foreign.status) == (409, 404)
    assert moto_doors.see(order_id)["status"] == "COMPLETED"


def test_node_messages_are_the_same_verbs_and_a_bad_one_comes_again(moto_doors: MotoDoors):
    order_id, work = released(moto_doors)
    good = [says(verb, work) for verb in ("Accept", "Pick", "Pack", "Ship")]
    theirs = message("store.S1", "AcceptFulfillmentOrder", "x", fulfillment_order_id=work)
    with moto_doors.world.unchanged():
        assert moto_doors.queue("node_messages", theirs, says("Eat", work)) == ["m0", "m1"]
    assert moto_doors.queue("node_messages", *good) == []
    assert moto_doors.see(order_id)["lines"][0]["quantities"] == {"shipped": 5}
    moto_doors.enter("node_messages")
    with moto_doors.world.unchanged():
        assert moto_doors.queue("node_messages", *good) == []


def test_resume_fulfillment_answers_the_waiting_workflow_once(moto_doors: MotoDoors):
    order_id, work = released(moto_doors)
    moto_doors.api("fulfillment").post(f"/v1/fulfillment-orders/{work}/ship", {})
    event = moto_doors.stored_event(order_id, "ShipmentShipped")
    other = json.loads(json.dumps(event).replace(f'"tenant": "{TENANT}"', '"tenant": "other"'))
    moto_doors.enter("resume_fulfillment")
    with moto_doors.world.unchanged():
        assert moto_doors.queue("resume_fulfillment", other) == ["m0"]
        assert moto_doors.queue("resume_fulfillment", event) == []
    assert moto_doors.world.continued == [(f"token-{work}", Outcome.SHIPPED)]
    # Told again while nobody waits and the money is still owed: the sweeper will look whether it is taken.
    assert moto_doors.queue("resume_fulfillment", event) == []
    assert moto_doors.world.continued == [(f"token-{work}", Outcome.SHIPPED)]
    listed = moto_doors.world.database.get("orders", Key(f"T#{TENANT}#ORDER#{order_id}", "OPEN"))
    assert listed is not None
    assert listed["looks"] == 0


def test_capture_payment_takes_what_left_and_nothing_else(moto_doors: MotoDoors):
    order_id, work = released(moto_doors)
    task = {"order_id": order_id, "fulfillment_order_id": work}
    moto_doors.enter("capture_payment")
    with moto_doors.world.unchanged():
        assert moto_doors.task("capture_payment", **task) == {"captured": 0}
    moto_doors.api("fulfillment").post(
        f"/v1/fulfillment-orders/{work}/ship", {"lines": [{"line_no": 1, "quantity": 2}]}
    )
    assert moto_doors.task("capture_payment", **task) == {"captured": 2000}
    with moto_doors.world.unchanged():
        assert moto_doors.task("capture_payment", **task) == {"captured": 0}
    assert moto_doors.see(order_id)["payment_status"] == "PARTIALLY_CAPTURED"


def test_escalate_fulfillment_leaves_a_note_on_work_that_exists(moto_doors: MotoDoors):
    order_id, work = released(moto_doors)
    moto_doors.enter("escalate_fulfillment")
    with moto_doors.world.unchanged(), pytest.raises(NotFound):
        moto_doors.task("escalate_fulfillment", fulfillment_order_id="ful_none_1", reason="TIMED_OUT")
    task = {"order_id": order_id, "fulfillment_order_id": work, "reason": "TIMED_OUT"}
    assert moto_doors.task("escalate_fulfillment", **task) == {"fulfillment_order_id": work, "reason": "TIMED_OUT"}
    assert moto_doors.see(order_id)["fulfillment_orders"][0]["escalated_reason"] == "TIMED_OUT"


def test_release_payment_gives_back_what_is_held_or_comes_again(moto_doors: MotoDoors):
    order_id, _ = released(moto_doors)
    moto_doors.api("change_orders").post(f"/v1/orders/{order_id}/cancellations", {"reason": "x"})
    event = moto_doors.stored_event(order_id, "OrderCancelled")
    moto_doors.world.provider.script.update({"void": ["lost_before"], "find": ["lost_before"]})
    assert moto_doors.queue("release_payment", event) == ["m0"]
    assert moto_doors.world.provider.amount("void") == 0
    assert moto_doors.queue("release_payment", event, event) == []
    assert moto_doors.world.provider.amount("void") == 5000
    assert moto_doors.see(order_id)["payment_status"] == "VOIDED"


def test_psp_webhook_believes_the_secret_that_is_stored(moto_doors: MotoDoors):
    order_id = moto_doors.place(document(line("A", 3)))
    moto_doors.task("source_order", order_id=order_id)
    moto_doors.world.provider.script.update({"authorize": ["lost_after"], "find": ["lost_before"]})
    with pytest.raises(TransientFailure):
        moto_doors.task("authorize_payment", order_id=order_id)
    moto_doors.world.clock.advance(minutes=5)
    payment = moto_doors.world.order(order_id).payments[0].id
    known = {"tenant": TENANT, "order_id": order_id, "payment_id": payment}
    raw = json.dumps({"id": "evt_1", "type": "payment.authorized", "data": {"payment": {"metadata": known}}})
    stamp = int(moto_doors.world.clock.now().timestamp())

    def send(secret: str) -> Answer:
        digest = hmac.new(secret.encode(), f"{stamp}.{raw}".encode(), hashlib.sha256).hexdigest()
        headers = {"psp-signature": f"t={stamp},v1={digest}"}
        return moto_doors.api("psp_webhook").post("/v1/webhooks/strict", raw, key="", headers=headers, scopes=())

    with moto_doors.world.unchanged():
        forged = send("whsec_other")
    answers = [forged, send(PSP_SECRET["webhook_secret"])]
    assert [(answer.status, answer.body.get("done")) for answer in answers] == [(401, None), (200, "AUTHORIZED")]
    assert moto_doors.see(order_id)["payment_status"] == "AUTHORIZED"


def test_recover_sagas_gives_back_what_a_dead_function_held(moto_doors: MotoDoors, monkeypatch: pytest.MonkeyPatch):
    # Three claims are many enough for chunks here: real large orders are placed beside this file.
    monkeypatch.setattr("oms.orders.commands.MOST_ACTIONS", 4)
    monkeypatch.setattr("oms.orders.large.CLAIMS_PER_CHUNK", 2)
    order = document(line("A", 1), line("B", 1), line("C", 1))
    tables, commits = moto_doors.world.database, []

    def dies(writes: Any) -> None:
        if len(commits) == 2:
            raise Died
        commits.append(writes)
        type(tables).commit(tables, writes)

    monkeypatch.setattr(tables, "commit", dies)
    with pytest.raises(Died):
        moto_doors.api("place_order").post("/v1/orders", order, key="k1")
    monkeypatch.setattr(tables, "commit", lambda writes: type(tables).commit(tables, writes))
    assert reserved(moto_doors) == 2
    wish = message("spine.schedule", "SagaRecoveryRequested", "1")
    # How far the days of placing have been searched is noted in any case.
    assert moto_doors.queue("recover_sagas", wish) == []
    with moto_doors.world.unchanged():
        assert moto_doors.queue("recover_sagas", wish) == []  # its runner may still be alive
    moto_doors.world.clock.advance(seconds=LEASE.total_seconds() + 1)
    assert moto_doors.queue("recover_sagas", wish) == []
    assert reserved(moto_doors) == 0
    assert moto_doors.place(order, key="k1")
