"""What a node does with work it is given: pure decisions, the same over the bus and over HTTP.

Instants are whole seconds since 1970 in UTC. A node that ships sends every step of the node protocol; a node where
the customer collects stages the goods and hands them over.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

COLLECTED = frozenset({"pickup", "ship_to_store"})
SHIPPED_STEPS = ("accept", "pick", "pack", "ship")
COLLECTED_STEPS = ("accept", "pick", "pack", "stage", "hand-over")
OUT_OF_STOCK = "out_of_stock"
# In place of a method: units that another node has sent.
ARRIVES = "arrives"
ON_ITS_WAY = "on_its_way"
GRAMS_PER_UNIT = 250
HEAVIEST_GRAMS = 30_000


@dataclass(frozen=True, slots=True)
class Control:
    """How the nodes behave: `paused` stops them all, the rest says which work is rejected or left unanswered."""

    paused: bool = False
    reject_skus: frozenset[str] = frozenset()
    reject_nodes: frozenset[str] = frozenset()
    reject_reason: str = OUT_OF_STOCK
    silent_nodes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Work:
    """A fulfilment order as its node sees it; `ship_after` is the instant before which nothing is done."""

    tenant: str
    fulfillment_order_id: str
    node_id: str
    method: str
    units: Mapping[str, int] = field(hash=False)
    ship_after: int | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One verb of the node protocol and what is sent with it; `answers` is the event that it is the answer to."""

    verb: str
    data: Mapping[str, Any] = field(hash=False)
    answers: str = ""

    @property
    def detail_type(self) -> str:
        """The name of the verb as a message on the bus, such as `HandOverFulfillmentOrder`."""
        return "".join(part.capitalize() for part in self.verb.split("-")) + "FulfillmentOrder"


def read_released(detail: Mapping[str, Any]) -> Work:
    """The work in a FulfillmentOrderReleased event; a message that is none raises KeyError or ValueError."""
    data = detail["data"]
    return _work(str(detail["meta"]["tenant"]), str(data["fulfillment_order_id"]), data)


def read_view(tenant: str, view: Mapping[str, Any]) -> Work:
    """The work in a fulfilment order of the API."""
    return _work(tenant, str(view["id"]), view)


@dataclass(frozen=True, slots=True)
class Asked:
    """A request to let go of units of some work, or to receive them; `event_id` tells it from other requests."""

    event_id: str
    work: Work


def read_asked(detail: Mapping[str, Any]) -> Asked:
    """The request in a FulfillmentOrderCancellationRequested event; a message that is none raises KeyError."""
    data = {"method": "", **detail["data"]}
    work = _work(str(detail["meta"]["tenant"]), str(data["fulfillment_order_id"]), data)
    return Asked(str(detail["meta"]["id"]), work)


def read_dispatched(detail: Mapping[str, Any]) -> Asked:
    """What is on its way to a node, in a FulfillmentOrderDispatched event; a message that is none raises KeyError."""
    data = {**detail["data"], "method": ARRIVES}
    work = _work(str(detail["meta"]["tenant"]), str(data["fulfillment_order_id"]), data)
    return Asked(str(detail["meta"]["id"]), work)


def answer(asked: Asked, control: Control, *, begun: bool) -> list[Step]:
    """A node lets go of what it has not begun with, and of nothing else; none when it stays silent.

    What is on its way to it has arrived.
    """
    if asked.work.node_id in control.silent_nodes:
        return []
    if asked.work.method == ARRIVES:
        return [Step("receive", {}, asked.event_id)]
    data: dict[str, Any] = {"accepted": False, "reason": ON_ITS_WAY} if begun else {"accepted": True}
    return [Step("cancel-response", data, asked.event_id)]


def without(work: Work, units: Mapping[str, int]) -> Work:
    """Work of which units were let go; nothing is left to do when it has no units."""
    left = {sku: count - units.get(sku, 0) for sku, count in work.units.items()}
    return replace(work, units={sku: count for sku, count in left.items() if count > 0})


def is_due(work: Work, now: int) -> bool:
    """Whether the node may begin."""
    return work.ship_after is None or work.ship_after <= now


def plan(work: Work, control: Control) -> list[Step]:
    """All steps that the node takes, in order; none when it stays silent."""
    if work.node_id in control.silent_nodes:
        return []
    if work.node_id in control.reject_nodes or control.reject_skus & work.units.keys():
        return [Step("reject", {"reason": control.reject_reason})]
    verbs = COLLECTED_STEPS if work.method in COLLECTED else SHIPPED_STEPS
    return [Step(verb, {"shipment": shipment(work)} if verb == "ship" else {}) for verb in verbs]


def shipment(work: Work) -> dict[str, Any]:
    """One box with everything that is left; number and weight follow from the work, so a repeat says the same.

    The tracking number has ten digits, because from thirteen on some would look like card numbers.
    """
    number = int.from_bytes(hashlib.sha256(work.fulfillment_order_id.encode()).digest()[:4], "big")
    weight = min(sum(work.units.values()) * GRAMS_PER_UNIT, HEAVIEST_GRAMS)
    return {
        "carrier": "FAKE",
        "tracking_number": f"FAKE{number:010d}",
        "packages": [{"package_no": 1, "weight_grams": weight}],
    }


def message_id(work: Work, step: Step) -> str:
    """The idempotency key of a step: the same whenever and however often it is sent."""
    return ":".join(part for part in (work.fulfillment_order_id, step.verb, step.answers) if part)


def source(work: Work) -> str:
    """Who speaks on the bus: distribution centres through their WMS, stores for themselves."""
    return f"{'wms' if work.node_id.startswith('dc-') else 'store'}.{work.node_id}"


def detail(work: Work, step: Step, now: int) -> dict[str, Any]:
    """The envelope of one step on the store bus."""
    occurred_at = datetime.fromtimestamp(now, UTC).isoformat().replace("+00:00", "Z")
    return {
        "meta": {"id": message_id(work, step), "occurred_at": occurred_at, "tenant": work.tenant},
        "data": {"fulfillment_order_id": work.fulfillment_order_id, **step.data},
    }


def _work(tenant: str, fulfillment_order_id: str, data: Mapping[str, Any]) -> Work:
    units: dict[str, int] = {}
    for line in data["lines"]:
        units[line["sku"]] = units.get(line["sku"], 0) + int(line["quantity"])
    wanted = (data.get("attributes") or {}).get("ship_after")
    return Work(tenant, fulfillment_order_id, str(data["node_id"]), str(data["method"]), units, _instant(wanted))


def _instant(text: object) -> int | None:
    """Seconds of an RFC 3339 instant; None without one. Half a second of waiting is rounded up to a whole one."""
    if text is None:
        return None
    instant = datetime.fromisoformat(str(text))
    if instant.tzinfo is None:
        raise ValueError(f"ship_after has no zone: {text}")
    return -int(-instant.timestamp() // 1)
