"""Rows about goods that come back, and money that is owed and given back."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

from tests.finance_scenarios.grammar import Row
from tests.finance_scenarios.lines import major
from tests.finance_scenarios.paying import planned_parts
from tests.finance_scenarios.plan import OrderPlan, Piece
from tests.finance_scenarios.play import Play
from tests.finance_scenarios.steps import appeasements, drawers, orders
from tests.finance_scenarios.world import CannotDo
from tests.order_doors import SECRET
from tests.order_world import TENANT

_SCOPES = ("returns.read", "returns.write", "returns.approve")
_ELSEWHERE = ("cash", "gift_card", "store_credit")
_OWES = ("return.accepted", "order.cancelled", "order.line_cancelled", "appeasement.requested", "appeasement.approved")


def accepted(play: Play, row: Row) -> Mapping[str, Any]:
    """A store takes back the lines that were cut out for this row."""
    plan = play.plan(row)
    orders.ready(play, plan)
    pieces = plan.returned.get(row.name) or [piece for parcel in plan.parcels for piece in parcel.pieces][:1]
    appeased = play.amount(row, "appeased_goods")
    if appeased and not plan.rows_of("appeasement."):
        with play.quietly():
            lines = [piece.line_no for piece in pieces]
            appeasements.granted_before(play, str(play.book["order", plan.name]), appeased, lines)
    body = _return(play, row, plan, pieces)
    if row.get("goods") and play.amount(row, "goods") != sum(piece.net for piece in pieces):
        # The row repeats another one with other goods.
        body["lines"][0]["quantity"] += 1
    body |= {"fee": play.amount(row, "fee"), "shipping": play.amount(row, "shipping")}
    return _returned(play, plan, body)


def _returned(play: Play, plan: OrderPlan, body: Mapping[str, Any]) -> Mapping[str, Any]:
    known = play.book["order", plan.name]
    answer: Mapping[str, Any] = play.post(play.api("returns", *_SCOPES), f"/v1/orders/{known}/returns", body)
    play.book["owed"] = answer.get("refund_id")
    return answer


def _return(play: Play, row: Row, plan: OrderPlan, pieces: list[Piece]) -> dict[str, Any]:
    body: dict[str, Any] = {
        "node_id": play.store(row),
        "reason": row.get("reason") or "too_small",
        "lines": [{"line_no": piece.line_no, "quantity": piece.units} for piece in pieces],
    }
    elsewhere = _elsewhere(play, row, plan)
    if elsewhere:
        body |= {"to": elsewhere, "to_reason": "the customer asked for it"}
        body |= _issuer(play, row, plan)
    return body


def _issuer(play: Play, row: Row, plan: OrderPlan) -> dict[str, str]:
    """The node whose company gives the card or credit, where the next refund of the order names an issuer."""
    for one in play.scenario.rows:
        if one.verb == "refund.executed" and one.line_no >= row.line_no and play.plan(one) is plan:
            issuer = one.get("issuer")
            return {"issuer_node": play.retailer.site(issuer)} if issuer else {}
    return {}


def _elsewhere(play: Play, row: Row, plan: OrderPlan) -> str | None:
    """The tender of the next refund of the order, where nothing of it was paid with that; the sale of an exchange."""
    for one in play.scenario.rows:
        if one.line_no > row.line_no and one.verb == "pos.sale" and one.get("exchange_credit"):
            # What pays a sale is owed at the till.
            return "cash"
        same = one.verb.startswith("refund.") and one.line_no >= row.line_no and play.plan(one) is plan
        if same and one.verb in ("refund.executed", "refund.requested"):
            tender = one.get("tender") or "card"
            own = {paid.tender for paid in plan.tenders}
            return tender if tender in _ELSEWHERE and tender not in own else None
        if one.line_no > row.line_no and one.verb in _OWES and one.get("order") == row.get("order"):
            return None
    return None


def planned(play: Play, row: Row) -> Mapping[str, Any]:
    """What is owed says by which tenders it is paid, in which order."""
    plan = play.plan(row)
    _owe_before(play, row, plan)
    refund = _refunds(play, plan)[-1]
    parts = [f"{part.tender} {major(part.amount, plan.currency)}" for part in refund.parts]
    wanted = planned_parts(row.answer or "", plan.currency)
    if wanted and wanted != [(part.tender, part.amount) for part in refund.parts]:
        raise CannotDo(f"it is planned as {' then '.join(parts)}")
    return {}


def requested(play: Play, row: Row) -> Mapping[str, Any] | None:
    """The provider takes the wish and says later what became of it; more than was taken is refused."""
    plan = play.plan(row)
    if row.get("expect"):
        return _too_much(play, row, plan)
    _owe_before(play, row, plan)
    play.retailer.provider.script["refund"] = ["pending"]
    _pay(play, plan)
    play.retailer.provider.script.pop("refund", None)
    return None


def executed(play: Play, row: Row) -> Mapping[str, Any] | None:
    plan = play.plan(row)
    if row.get("expect"):
        return _too_much(play, row, plan)
    _owe_before(play, row, plan)
    _retry(play, row, plan)
    if (row.get("tender") or "card") == "cash":
        return _cash(play, row, plan)
    _settle(play, plan, well=True)
    _pay(play, plan)
    _confirm(play, row, plan)
    return None


def failed(play: Play, row: Row) -> None:
    """What was asked for is refused in the end, or what was paid comes back days later."""
    plan = play.plan(row)
    if not _refunds(play, plan):
        with play.quietly():
            _owe_before(play, row, plan)
            _pay(play, plan)
    if _settle(play, plan, well=False):
        return
    amount = play.amount(row)
    for refund in reversed(_refunds(play, plan)):
        for part in refund.parts:
            if part.movement_id and part.provider == "strict" and amount in (0, part.amount):
                play.retailer.provider.come_back(part.movement_id)
                tell(play, plan, part.sources[0].payment_id, "refund.failed")
                return
    raise CannotDo("no refund can fail")


def tell(play: Play, plan: OrderPlan, payment_id: str, kind: str) -> None:
    """The provider's signed webhook about a tender."""
    known = {"tenant": TENANT, "order_id": play.book["order", plan.name], "payment_id": payment_id}
    raw = json.dumps({"id": f"evt_{kind}", "type": kind, "data": {"payment": {"metadata": known}}})
    stamp = int(play.clock.now().timestamp())
    digest = hmac.new(SECRET["webhook_secret"].encode(), f"{stamp}.{raw}".encode(), hashlib.sha256).hexdigest()
    headers = {"psp-signature": f"t={stamp},v1={digest}"}
    play.checked(play.api("psp_webhook").post("/v1/webhooks/strict", raw, key="", headers=headers, scopes=()))


def _refunds(play: Play, plan: OrderPlan) -> list[Any]:
    known = play.book.get(("order", plan.name))
    return list(play.retailer.order(str(known)).refunds) if known else []


def _owe_before(play: Play, row: Row, plan: OrderPlan) -> None:
    """What a refund pays is owed by a row above, or by a return before the scenario begins."""
    orders.ready(play, plan)
    if plan.rows_of(*_OWES) or _refunds(play, plan):
        return
    pieces = [piece for parcel in plan.parcels for piece in parcel.pieces][:1]
    if not pieces:
        raise CannotDo(f"nothing of {plan.name} was delivered that could be given back")
    with play.quietly():
        _returned(play, plan, _return(play, row, plan, pieces))


def _too_much(play: Play, row: Row, plan: OrderPlan) -> Mapping[str, Any]:
    """A return of goods that were delivered and never paid, worth what the row asks for."""
    orders.ready(play, plan)
    piece = plan.unpaid[row.name]
    orders.deliver_unpaid(play, plan, piece)
    return _returned(play, plan, _return(play, row, plan, [piece]))


def _pay(play: Play, plan: OrderPlan) -> None:
    """Give back what is owed and a provider pays, as its queue is told."""
    known = str(play.book["order", plan.name])
    news = play.events("RefundOwed", "RefundRetried", order=known)
    play.api("refund_payment")
    orders.tell_queue(play, "refund_payment", *news)


def _confirm(play: Play, row: Row, plan: OrderPlan) -> None:
    """The channel says that it has given back what it had taken itself."""
    known = play.book["order", plan.name]
    for refund in _refunds(play, plan):
        if any(getattr(part, "by_channel", False) and part.state == "PLANNED" for part in refund.parts):
            url = f"/v1/orders/{known}/refunds/{refund.id}/confirmations"
            play.post(play.api("returns", *_SCOPES), url, {"reference": f"channel-{row.name}"})


def _settle(play: Play, plan: OrderPlan, *, well: bool) -> bool:
    """The provider says what became of what it took before; whether it had taken any."""
    found = False
    for refund in _refunds(play, plan):
        for part in refund.parts:
            if part.state == "PENDING":
                play.retailer.provider.settle(part.key(refund.id), well=well)
                tell(play, plan, part.sources[0].payment_id, "refund.succeeded" if well else "refund.failed")
                found = True
    return found


def _retry(play: Play, row: Row, plan: OrderPlan) -> None:
    """What has failed is tried again, perhaps by another tender."""
    known = play.book["order", plan.name]
    for refund in _refunds(play, plan):
        if any(part.state == "FAILED" for part in refund.parts):
            body: dict[str, Any] = {"reason": "tried again"}
            tender = row.get("tender") or "card"
            if tender in _ELSEWHERE and tender not in {paid.tender for paid in plan.tenders}:
                body |= {"to": tender, "to_reason": "the account is closed", **_issuer(play, row, plan)}
            with play.quietly():
                play.post(play.api("returns", *_SCOPES), f"/v1/orders/{known}/refunds/{refund.id}/attempts", body)


def _cash(play: Play, row: Row, plan: OrderPlan) -> Mapping[str, Any]:
    """A drawer pays what an order owes in cash."""
    session = drawers.session(play, row)
    for refund in _refunds(play, plan):
        owed = sum(part.amount for part in refund.parts if part.tender == "cash" and part.state == "PLANNED")
        if owed:
            paid = play.amount(row, "cash") or play.amount(row, default=owed) + play.amount(row, "rounding")
            body = {"sequence": session.next(row), "kind": "cash_refund", "amount": paid, "refund_id": refund.id}
            if row.get("rounding") or row.get("cash"):
                body["rounding"] = paid - owed
            return drawers.move(play, session, body)
    raise CannotDo("nothing is owed in cash")


STEPS = {
    "return.accepted": accepted,
    "refund.planned": planned,
    "refund.requested": requested,
    "refund.executed": executed,
    "refund.failed": failed,
}
