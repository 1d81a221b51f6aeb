"""How the order of a scenario is placed: its lines, its tenders and the stock behind it."""

from __future__ import annotations

from typing import Any

from tests.finance_scenarios.paying import Tender
from tests.finance_scenarios.plan import OrderPlan, Piece
from tests.finance_scenarios.play import STORE, Play
from tests.finance_scenarios.steps import stored_value
from tests.finance_scenarios.world import CannotDo
from tests.order_world import NEW_YORK
from tests.scripted_provider import Held

WAREHOUSE = "DC1"


def placed(play: Play, plan: OrderPlan) -> str:
    """Place the order over HTTP; its id."""
    store = next((parcel.store for parcel in plan.parcels if parcel.store), None) or STORE
    modes = {id(piece): parcel.mode for parcel in plan.parcels for piece in parcel.pieces}
    if plan.is_paid_when_ready and not modes:
        modes = {id(piece): "pickup" for piece in plan.pieces}
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
        taken = Held(tender.amount, plan.currency, plan.name, captured=tender.amount)
        play.retailer.provider.held[name] = taken
        own = {"tender": tender.tender, "provider": "strict"}
        return {**own, "captured": True, "reference": name, "amount": tender.amount}
    policy = {"capture_on": "ready"} if plan.is_paid_when_ready else {}
    if tender.tender == "card":
        return {"provider": "strict", "token": card_token(plan, number), "amount": tender.amount, **policy}
    if tender.tender in ("gift_card", "store_credit"):
        card = stored_value.spendable(play, plan.rows[0], tender.tender, plan.currency, tender.amount)
        own = {"tender": tender.tender, "provider": "stored_value"}
        return {**own, "token": card.id, "amount": tender.amount, **policy}
    raise CannotDo(f"an order takes no tender {tender.tender}")


def card_token(plan: OrderPlan, number: int) -> str:
    """The token of the card that is a tender of an order."""
    return f"tok_{plan.name}_{number}"


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
