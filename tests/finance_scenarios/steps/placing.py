"""How the order of a scenario is placed: its lines, its tenders and the stock behind it."""

from __future__ import annotations

from typing import Any

from tests.finance_scenarios.paying import Tender
from tests.finance_scenarios.plan import OrderPlan, Piece
from tests.finance_scenarios.play import STORE, Play
from tests.finance_scenarios.steps import drawers, stored_value
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
    if any(one.taken and one.tender != "card" for one in plan.tenders):
        return _sold_at_a_till(play, plan, document)
    shop = play.api("place_order", "orders.write", "channel.web")
    return str(play.post(shop, "/v1/orders", document)["id"])


def _sold_at_a_till(play: Play, plan: OrderPlan, document: dict[str, Any]) -> str:
    """The order is sold by a till that takes the money, for the site whose company owns it; the order's id."""
    rows = {row.get("tender") or "card": row for row in plan.rows_of("payment.captured")}
    first = rows.get("cash") or next(iter(rows.values()))
    tenders: list[dict[str, Any]] = []
    for number, one in enumerate(plan.tenders):
        if one.tender == "cash":
            tenders.append({"tender": "cash", "amount": one.amount})
        elif one.tender == "card":
            tenders.append(
                {
                    "tender": "card",
                    "amount": one.amount,
                    "provider": "strict",
                    "reference": one.reference or f"{plan.name}-{number}",
                }
            )
        else:
            card = stored_value.spendable(play, rows[one.tender], one.tender, plan.currency, one.amount)
            tenders.append({"tender": one.tender, "amount": one.amount, "reference": card.id})
    till = ("till", first.get("drawer") or "D1")
    play.book[till] = play.book.get(till, 0) + 1
    body = {
        "node_id": play.store(first),
        "workstation": f"W-{till[1]}",
        "business_date": drawers.business_date(play, first) if "cash" in rows else play.clock.now().date().isoformat(),
        "sequence": play.book[till],
        "type": "sale",
        "cashier": "ann",
        "currency": plan.currency,
        "selling_node": document["selling_node"],
        "ship_to": document["ship_to"],
        "lines": document["lines"],
        "totals": document["totals"],
        "tenders": tenders,
        **({"drawer_session_id": drawers.session(play, first).id} if "cash" in rows else {}),
    }
    answer = play.post(play.api("pos", "pos.write", "pos.read", "channel.store"), "/v1/pos/transactions", body)
    return str(answer["order_id"])


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
        named = [row for row in plan.rows_of("payment.") if row.get("tender") == tender.tender and row.get("issuer")]
        own_row = (named or plan.rows)[0]
        card = stored_value.spendable(play, own_row, tender.tender, plan.currency, tender.amount)
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
