"""Returns as they are shown; what became of the money is told by the refund."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import cast

from oms.orders.amounts import summed_taxes, taxed, taxes_of
from oms.orders.model import Order
from oms.orders.store import existing_order, load_order, partition
from oms.payments.refunds import PartState, Refund
from oms.platform.commands import Runtime
from oms.platform.ids import parent_id
from oms.platform.principal import Principal, authorize
from oms.platform.problems import NotFound
from oms.platform.writes import Value
from oms.returns.eligibility import Returnable, returnable
from oms.returns.judging import policy_for
from oms.returns.model import Fee, Return, Rma, RmaLine
from oms.returns.requests import ReturnableQuery
from oms.returns.rma import available_actions

READ, WRITE = "returns.read", "returns.write"
_KEPT = {"id", "order_id", "node_id", "reason", "state", "to", "to_reason", "override"}
# What only a return by post has.
_OF_RMA = (
    "expires_at",
    "requested_at",
    "requested_by",
    "decided_at",
    "decided_by",
    "decision_reason",
    "dropped_off_at",
)


def read_return(runtime: Runtime, principal: Principal, return_id: str) -> dict[str, Value]:
    """One return; an unknown one raises NotFound. Every store sees it, since any store may be asked about it.

    A channel sees those of its own orders.
    """
    order_id = parent_id("ord", return_id)
    authorize(principal, READ, partition(principal.tenant, order_id))
    order = load_order(runtime.database, principal.tenant, order_id)
    if order is not None:
        authorize(principal, READ, partition(principal.tenant, order_id), channel=order.header.channel)
        for one in order.returns:
            if one.id == return_id:
                return return_document(order, one)
        for rma in order.rmas:
            if rma.id == return_id:
                return rma_document(order, rma)
    raise NotFound(f"There is no return {return_id}.")


def read_returnable(runtime: Runtime, principal: Principal, order_id: str, query: ReturnableQuery) -> dict[str, Value]:
    """What of each line of an order may come back now; an unknown order raises NotFound."""
    authorize(principal, READ, partition(principal.tenant, order_id))
    order = existing_order(runtime.database, principal.tenant, order_id)
    authorize(principal, READ, partition(principal.tenant, order_id), channel=order.header.channel)
    policy, now = policy_for(runtime, principal.tenant, order.lines), runtime.clock.now()
    found = [returnable(order, line, policy, now, query.condition, query.reason) for line in order.lines]
    return {
        "order_id": order_id,
        "currency": order.header.currency,
        "lines": [_line_returnable(one) for one in found],
        "version": order.header.version,
    }


def _line_returnable(one: Returnable) -> dict[str, Value]:
    rule = one.rule
    return {
        "line_no": one.line.line_no,
        "sku": one.line.agreed.sku,
        "units": one.units,
        "until": one.until,
        "windows": [{"units": window.units, "until": window.until} for window in one.windows],
        "why_not": one.why_not,
        "rule": rule.id,
        "fees": [fee.model_dump(mode="json") for fee in rule.fees],
        "refund_at": rule.refund_at.value,
        "tenders": [tender.value for tender in rule.tenders],
    }


def return_document(order: Order, one: Return) -> dict[str, Value]:
    """A return with its sums; `refund_status` is None where nothing is owed."""
    return {
        **one.model_dump(mode="json", include=_KEPT | {"rma_id", "accepted_at", "accepted_by"}),
        **sums_of(order, [one]),
        "kind": "returnless" if any(line.disposition == "kept" for line in one.lines) else "store",
        "units": [],
        "returns": [],
        **dict.fromkeys(_OF_RMA),
        "available_actions": [],
        "version": order.header.version,
    }


def rma_document(order: Order, rma: Rma) -> dict[str, Value]:
    """A return by post, in the same form as one at a store; `refund_status` is None where nothing is owed yet."""
    own = [one for one in order.returns if one.rma_id == rma.id]
    return {
        **rma.model_dump(mode="json", include=_KEPT | set(_OF_RMA)),
        **sums_of(order, own),
        "kind": "mail_in",
        "rma_id": None,
        "units": [_rma_line(one) for one in rma.lines],
        "returns": [one.id for one in own],
        "accepted_at": own[-1].accepted_at if own else None,
        "accepted_by": own[-1].accepted_by if own else None,
        "available_actions": available_actions(rma),
        "version": order.header.version,
    }


def _rma_line(line: RmaLine) -> dict[str, Value]:
    return {
        **line.model_dump(mode="json", exclude={"terms", "waiting"}),
        "rule": line.terms.rule,
        "refund_at": line.terms.refund_at.value,
        "to_come": line.to_come,
        "to_inspect": line.received - line.inspected,
    }


def sums_of(order: Order, own: Sequence[Return]) -> dict[str, Value]:
    """What some returns of an order give back together, and the refund of the last of them that owes anything."""
    ids = [one.refund_id for one in own if one.refund_id]
    refunds = [refund for refund in order.refunds if refund.id in ids]
    states = {refund.status for refund in refunds}
    first = (PartState.FAILED, PartState.PLANNED, PartState.PENDING, PartState.EXECUTED)
    status = next((state for state in first if state in states), None)
    sums = ("goods", "shipping", "tax", "fee", "appeased_goods", "appeased_tax", "owed")
    return {
        "lines": [line.model_dump(mode="json") for one in own for line in one.lines],
        **{name: sum(cast("int", getattr(one, name)) for one in own) for name in sums},
        "fees": _summed(fee for one in own for fee in one.fees),
        "kept": _summed(fee for one in own for fee in one.kept),
        "taxes": [
            each.model_dump(mode="json")
            for each in taxed(summed_taxes([taxes_of(one.tax - one.appeased_tax, one.taxes) for one in own]))
        ],
        "currency": order.header.currency,
        "refund_id": ids[-1] if ids else None,
        "refund_status": status.value if status else None,
    }


def _summed(fees: Iterable[Fee]) -> list[Value]:
    amounts: dict[str, int] = {}
    for one in fees:
        amounts[one.kind] = amounts.get(one.kind, 0) + one.amount
    return [{"kind": kind, "amount": amount} for kind, amount in sorted(amounts.items())]


def refund_document(order: Order, refund: Refund) -> dict[str, Value]:
    """What is owed and how far it is paid, in the answer to another attempt."""
    return {
        "id": refund.id,
        "order_id": order.header.id,
        "status": refund.status.value,
        "amount": refund.amount,
        "executed": refund.executed,
        "currency": refund.currency,
        "parts": [
            {"number": p.number, "tender": p.tender, "amount": p.amount, "state": p.state.value, "attempt": p.attempt}
            for p in refund.parts
        ],
        "version": order.header.version,
    }
