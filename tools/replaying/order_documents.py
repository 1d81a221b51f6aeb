"""The order that a sale of the file makes, as a channel sends it. Simulated: the address, the card, the method."""

from collections import Counter
from datetime import datetime
from typing import Any

from local.deploy import PSP_PROVIDER
from tools.replaying.cancellations import Sale
from tools.replaying.destinations import destination
from tools.replaying.rules import CURRENCY, SHIPPING_CHARGES, SaleLine

CHANNEL = "web"
CARD = "tok_visa"
MOST_TEXT = 500


def order_document(sale: Sale, run: str) -> dict[str, Any]:
    """Return the body of POST /v1/orders; amounts in pence. `run` keeps the orders of two replays apart."""
    document = sale.document
    attributes = {
        "document": document.number,
        "invoice_date": document.local_time,
        "country": document.country,
        "replay": run,
        "simulated": "address, card, delivery",
    }
    if sale.ship_after is not None:
        attributes["ship_after"] = rfc3339(sale.ship_after)
    method = "digital" if sale.is_service_only else "ship"
    lines = [_line(line, method) for line in sale.lines]
    charges = Counter[str]()
    for charge in sale.charges:
        charges[SHIPPING_CHARGES[charge.code]] += charge.amount
    goods = sum(line.unit_price * line.quantity for line in sale.lines)
    discount = sum(line.rounding + line.discount for line in sale.lines)
    body: dict[str, Any] = {
        "channel": CHANNEL,
        "external_id": external_id(document.number, run),
        "selling_node": shop_of(run),
        "taken_by": "replay",
        "currency": CURRENCY,
        "locale": "en-GB",
        "ordered_at": rfc3339(document.at),
        "lines": lines,
        "charges": [{"kind": kind, "amount": amount} for kind, amount in sorted(charges.items())],
        "totals": {"goods": goods, "discount": discount, "charges": sum(charges.values()), "total": sale.total},
        "attributes": attributes,
    }
    if document.customer:
        body["customer"] = {"reference": document.customer}
    if not sale.is_service_only:
        body["ship_to"] = destination(document.number, document.customer)
    if sale.total:
        body["payments"] = [{"tender": "card", "provider": PSP_PROVIDER, "token": CARD, "amount": sale.total}]
    return body


def shop_of(run: str) -> str:
    """The node that sells: each run has its own, of a company of its own, because a business day closes only once."""
    return f"uk-online-{run}"


def company_of(run: str) -> str:
    """The legal entity that owns the orders of a run and has its books."""
    return f"uk-{run}"


def external_id(document: str, run: str) -> str:
    return f"{document}-{run}"


def rfc3339(instant: datetime) -> str:
    return instant.isoformat().replace("+00:00", "Z")


def _line(line: SaleLine, method: str) -> dict[str, Any]:
    discounts = [("D", line.discount), ("rounding", line.rounding)]
    return {
        "type": "stock" if line.is_stock else "non_stock",
        "sku": line.sku,
        "description": line.description[:MOST_TEXT],
        "quantity": line.quantity,
        "unit_price": line.unit_price,
        "discounts": [{"amount": amount, "source": source} for source, amount in discounts if amount],
        "total": line.total,
        "method": method,
    }
