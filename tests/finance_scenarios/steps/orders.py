"""Rows about orders, their goods and the money that a provider holds and takes for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from oms.fulfillment.model import Status as WorkStatus
from oms.payments.commands import CaptureRefused
from oms.platform.effects import TransientFailure
from tests.finance_scenarios.grammar import Row
from tests.finance_scenarios.paying import Tender
from tests.finance_scenarios.plan import OrderPlan, Piece
from tests.finance_scenarios.play import STORE, Play
from tests.finance_scenarios.steps import stored_value
from tests.finance_scenarios.world import CannotDo
from tests.order_world import NEW_YORK

WAREHOUSE = "DC1"


def order_id(play: Play, plan: OrderPlan) -> str:
    """The product's order, placed and planned when it is first needed."""
    known = play.book.get(("order", plan.name))
    if known is None:
        with play.quietly():
            known = _placed(play, plan)
            play.book["order", plan.name] = known
            _expect_of_provider(play, plan, known)
            play.doors.task("source_order", order_id=known)
    return str(known)


def authorize(play: Play, plan: OrderPlan) -> None:
    """Hold the money of the order, and tell its nodes of their work."""
    known = order_id(play, plan)
    if ("authorized", plan.name) in play.book:
        return
    outcome = play.doors.task("authorize_payment", order_id=known)
    if outcome["outcome"] in ("AUTHORIZED", "NOT_REQUIRED"):
        play.book["authorized", plan.name] = True
        with play.quietly():
            for work in outcome["fulfillment_orders"]:
                token = f"token-{work['fulfillment_order_id']}"
                play.retailer.waiting.add(token)
                play.doors.task("release_fulfillment", **work, task_token=token)


def ready(play: Play, plan: OrderPlan) -> str:
    """The order with its money held and what was delivered before the scenario begins."""
    if plan.rows_of("pos.sale"):
        if ("order", plan.name) not in play.book:
            raise CannotDo(f"{plan.name} is not sold yet")
        return str(play.book["order", plan.name])
    known = order_id(play, plan)
    if not plan.rows_of("payment.authorized") and ("authorized", plan.name) not in play.book:
        with play.quietly():
            authorize(play, plan)
    if ("history", plan.name) not in play.book:
        play.book["history", plan.name] = True
        undelivered = any(row.get("expect") == "REFUSED_UNDELIVERED" for row in plan.rows)
        for parcel in plan.parcels:
            if parcel.row is None and not undelivered:
                with play.quietly():
                    ship(play, plan, parcel.pieces)
                    if plan.is_paid_quietly:
                        capture(play, plan)
        if plan.unpaid:
            with play.quietly():
                _deliver_unpaid(play, plan)
    return known


def ship(play: Play, plan: OrderPlan, pieces: list[Piece], occurred_at: str | None = None) -> None:
    """Goods leave their node, or are handed over."""
    known = str(play.book["order", plan.name])
    numbers = {piece.line_no: piece.units for piece in pieces}
    staff = play.api("fulfillment", "fulfillment.write", "fulfillment.read")
    shipped = False
    for work in play.retailer.order(known).fulfillment_orders:
        lines = [
            {"line_no": part.line_no, "quantity": numbers[part.line_no]}
            for part in work.lines
            if part.line_no in numbers
        ]
        if not lines:
            continue
        url = f"/v1/fulfillment-orders/{work.id}"
        verb = "ship"
        if work.method == "pickup":
            verb = "hand-over"
            if work.status is not WorkStatus.READY:
                with play.quietly():
                    play.post(staff, f"{url}/stage", {})
        more = {"occurred_at": occurred_at} if occurred_at else {}
        play.post(staff, f"{url}/{verb}", {"lines": lines, **more})
        shipped = True
    if not shipped:
        raise CannotDo(f"no node works on the goods of {plan.name}")


def _deliver_unpaid(play: Play, plan: OrderPlan) -> None:
    """Goods leave whose money the provider then refuses."""
    ship(play, plan, list(plan.unpaid.values()))
    play.retailer.provider.script["capture"] = ["declined"] * 20
    capture(play, plan)
    play.retailer.provider.script.pop("capture", None)


def capture(play: Play, plan: OrderPlan) -> None:
    """Take the money of all that has left."""
    known = str(play.book["order", plan.name])
    for work in play.retailer.order(known).fulfillment_orders:
        try:
            play.doors.task("capture_payment", order_id=known, fulfillment_order_id=work.id)
        except (CaptureRefused, TransientFailure) as error:
            play.book["refused", plan.name] = str(error)


def authorized(play: Play, row: Row) -> None:
    plan = play.plan(row)
    order_id(play, plan)
    authorize(play, plan)


def transferred(play: Play, row: Row) -> None:
    plan = play.plan(row)
    ready(play, plan)
    parcel = next(parcel for parcel in plan.parcels if parcel.row is row)
    ship(play, plan, parcel.pieces)
    if plan.is_paid_quietly:
        with play.quietly():
            capture(play, plan)


def captured(play: Play, row: Row) -> None:
    plan = play.plan(row)
    if row.get("authorized") == "false":
        order_id(play, plan)
        return
    ready(play, plan)
    capture(play, plan)


def line_cancelled(play: Play, row: Row) -> Mapping[str, Any]:
    plan = play.plan(row)
    known = ready(play, plan)
    piece = plan.cancelled[row.name]
    lines = [{"line_no": piece.line_no, "quantity": piece.units}]
    return _cancelled(play, known, {"reason": row.get("reason") or "customer", "lines": lines})


def cancelled(play: Play, row: Row) -> Mapping[str, Any]:
    known = ready(play, play.plan(row))
    return _cancelled(play, known, {"reason": row.get("reason") or "customer"})


def released(play: Play, row: Row) -> None:
    """What a cancellation leaves unneeded is let go of; without one, the hold has run out at the provider."""
    plan = play.plan(row)
    known = ready(play, plan)
    news = play.events("OrderCancelled", "OrderLinesCancelled", order=known)
    if news:
        play.doors.queue("release_payment", *news)
    elif not _is_expiry(row):
        staff = play.api("change_orders", "orders.write")
        with play.quietly():
            play.post(staff, f"/v1/orders/{known}/cancellations", {"reason": row.get("reason") or "customer"})
        play.doors.queue("release_payment", *play.events("OrderCancelled", "OrderLinesCancelled", order=known))
    else:
        _expire(play, plan, known)


def capture_failed(play: Play, row: Row) -> None:
    """The provider does not take what it held: the hold is gone, and what it was for must be authorised anew."""
    plan = play.plan(row)
    known = ready(play, plan)
    for reference, held in play.retailer.provider.held.items():
        if held.order_id == known and held.capturable:
            play.retailer.provider.expire(reference)
    capture(play, plan)


def _is_expiry(row: Row) -> bool:
    return "expir" in (row.get("reason") or "").lower()


def _expire(play: Play, plan: OrderPlan, known: str) -> None:
    """The hold runs out at the provider, which says so."""
    from tests.finance_scenarios.steps.refunds import tell

    for payment in play.retailer.order(known).payments:
        if payment.psp_reference in play.retailer.provider.held and payment.capturable:
            play.retailer.provider.expire(str(payment.psp_reference))
            tell(play, plan, payment.id, "payment.expired")


def _cancelled(play: Play, known: str, body: dict[str, Any]) -> Mapping[str, Any]:
    staff = play.api("change_orders", "orders.write")
    answer: Mapping[str, Any] = play.post(staff, f"/v1/orders/{known}/cancellations", body)
    return answer


def _placed(play: Play, plan: OrderPlan) -> str:
    store = next((parcel.store for parcel in plan.parcels if parcel.store), None) or STORE
    modes = {id(piece): parcel.mode for parcel in plan.parcels for piece in parcel.pieces}
    if "pickup" in modes.values():
        play.retailer.store(store, play.entities.get(store, plan.owner))
    lines = []
    for piece in plan.pieces:
        mode = modes.get(id(piece), next(iter(modes.values()), "ship"))
        sku = f"{plan.name}-{piece.line_no}"
        where = store if mode == "pickup" else WAREHOUSE
        play.retailer.add_item(sku, {where: piece.units})
        lines.append(_line(sku, piece, mode, store))
    totals = {
        "goods": sum(piece.gross for piece in plan.pieces),
        "discount": sum(piece.discount for piece in plan.pieces),
        "charges": sum(piece.shipping for piece in plan.pieces),
        "tax": sum(piece.tax for piece in plan.pieces),
        "total": sum(piece.total for piece in plan.pieces),
    }
    document = {
        "channel": "web",
        "external_id": f"{play.scenario.name}-{plan.name}",
        "selling_node": play.book.get(("site", plan.name)) or play.retailer.site(plan.owner),
        "taken_by": "shop",
        "currency": plan.currency,
        "locale": "en-US",
        "customer": {"reference": "customer-1"},
        "ship_to": NEW_YORK,
        "lines": lines,
        "charges": [],
        "totals": totals,
        "payments": [payment(play, plan, number, one) for number, one in enumerate(plan.tenders)],
    }
    shop = play.api("place_order", "orders.write", "channel.web")
    return str(play.post(shop, "/v1/orders", document)["id"])


def payment(play: Play, plan: OrderPlan, number: int, tender: Tender) -> dict[str, Any]:
    """A tender as the channel sends it."""
    if tender.taken:
        name = tender.reference or f"channel-{plan.name}-{number}"
        return {"provider": "strict", "captured": True, "reference": name, "amount": tender.amount}
    if tender.tender == "card":
        return {"provider": "strict", "token": f"tok_{plan.name}_{number}", "amount": tender.amount}
    if tender.tender in ("gift_card", "store_credit"):
        card = stored_value.spendable(play, plan.rows[0], tender.tender, plan.currency, tender.amount)
        own = {"tender": tender.tender, "provider": "stored_value"}
        return {**own, "token": card.id, "amount": tender.amount}
    raise CannotDo(f"an order takes no tender {tender.tender}")


def _line(sku: str, piece: Piece, mode: str, store: str) -> dict[str, Any]:
    each, over = divmod(piece.gross, piece.units)
    if over:
        raise CannotDo(f"{piece.gross} minor units cannot be the price of {piece.units} equal units")
    line: dict[str, Any] = {
        "sku": sku,
        "quantity": piece.units,
        "unit_price": each,
        "tax": piece.tax,
        "total": piece.total,
        "method": "pickup" if mode == "pickup" else "ship",
    }
    if piece.discount:
        line["discounts"] = [{"amount": piece.discount, "source": "promotion"}]
    if piece.shipping:
        line["charges"] = [{"kind": "shipping", "amount": piece.shipping, "tax": 0}]
    if mode == "pickup":
        line["pickup_node"] = store
    return line


def _expect_of_provider(play: Play, plan: OrderPlan, known: str) -> None:
    """Tell the provider what the rows say: how often it approves, and with which captures it lets go of the rest."""
    provider = play.retailer.provider
    cards = [row for row in plan.rows_of("payment.authorized") if (row.get("tender") or "card") == "card"]
    if cards:
        provider.holds[known] = len(cards) + sum(1 for one in plan.tenders if one.quiet and one.tender == "card")
    provider.lets_go[known] = [
        plan.amount(row)
        for row in plan.rows_of("payment.captured")
        if plan.amount(row, "released") and (row.get("tender") or "card") == "card"
    ]


STEPS = {
    "payment.authorized": authorized,
    "payment.captured": captured,
    "payment.auth_released": released,
    "payment.capture_failed": capture_failed,
    "goods.transferred": transferred,
    "order.line_cancelled": line_cancelled,
    "order.cancelled": cancelled,
}
