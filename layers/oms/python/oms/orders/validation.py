"""Ordered, named validators: what is refused at the door, and what a person must look at.

`refusals` finds what makes an order impossible to keep (422, nothing stored). `review` writes a verdict per validator
on the order; any `fail` keeps the order in PENDING_REVIEW, never loses it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from oms.orders.amounts import check_sums
from oms.orders.model import Validation
from oms.orders.request import LineRequest, LineType, Method, OrderRequest, PaymentRequest, TaxMode, Tender
from oms.payments.model import PROVIDERS, STORED_VALUE
from oms.payments.refunds import TILL
from oms.platform.fields import MOST_UNITS
from oms.platform.problems import FieldError, InvalidRequest, TooLarge
from oms.registry.limits import MOST_ACTIVATIONS, ActivatedBy
from oms.registry.model import Item, ItemKind, Node

AT_A_NODE = frozenset({Method.PICKUP, Method.SHIP_TO_STORE})
TO_AN_ADDRESS = frozenset({Method.SHIP, Method.DELIVERY})


@dataclass(frozen=True, slots=True)
class Known:
    """What the registry knows of the SKUs and nodes that an order names, and which nodes are to give its units.

    Of these, `full` ones take nothing more on now.
    """

    items: Mapping[str, Item]
    nodes: Mapping[str, Node]
    giving: frozenset[str] = frozenset()
    full: frozenset[str] = frozenset()


def refuse_size(order: OrderRequest, line_limit: int) -> None:
    """More lines than the limit raise TooLarge, before anything is read."""
    if len(order.lines) > line_limit:
        raise TooLarge(f"The order has {len(order.lines)} lines; the limit is {line_limit}.", pointer="/lines")


def refuse_sums(order: OrderRequest) -> None:
    """Sums that do not add up and shapes that make no sense raise InvalidRequest."""
    errors = check_sums(order) + _shape_errors(order)
    if errors:
        raise InvalidRequest(errors=errors)


def refuse_unknown(order: OrderRequest, known: Known) -> None:
    """SKUs and nodes that the registry does not know, and more of a kit than can be counted, raise InvalidRequest."""
    errors = [
        FieldError(f"/lines/{i}/sku", "unknown_sku", f"there is no item {line.sku}")
        for i, line in enumerate(order.lines)
        if line.type is LineType.STOCK and line.sku not in known.items
    ]
    errors += [
        FieldError(
            f"/lines/{i}/segment", "not_allowed", "goods that are counted have segments; a kit and the rest have none"
        )
        for i, line in enumerate(order.lines)
        if line.segment is not None and not _is_counted(line, known)
    ]
    errors += [
        FieldError(f"/lines/{i}/quantity", "less_than_equal", f"of no component more than {MOST_UNITS} units")
        for i, line in enumerate(order.lines)
        if line.type is LineType.STOCK and line.sku in known.items
        if any(one.quantity * line.quantity > MOST_UNITS for one in known.items[line.sku].components)
    ]
    errors += _activation_errors(order, known)
    errors += [
        FieldError(f"/lines/{i}/pickup_node", "unknown_node", f"there is no node {line.pickup_node}")
        for i, line in enumerate(order.lines)
        if line.pickup_node and line.pickup_node not in known.nodes
    ]
    if order.selling_node not in known.nodes:
        errors.append(FieldError("/selling_node", "unknown_node", f"there is no node {order.selling_node}"))
    if errors:
        raise InvalidRequest(errors=errors)


def _activation_errors(order: OrderRequest, known: Known) -> Iterator[FieldError]:
    """What is wrong with lines whose units are activated: each is delivered by itself, and there are only so many."""
    units = 0
    for i, line in enumerate(order.lines):
        item = known.items.get(line.sku) if line.type is LineType.STOCK else None
        if item is None or item.activation is None:
            continue
        units += line.quantity
        if line.method is not Method.DIGITAL:
            yield FieldError(f"/lines/{i}/method", "digital_only", f"{line.sku} is delivered by the method digital")
        if units > MOST_ACTIVATIONS:
            detail = f"an order activates at most {MOST_ACTIVATIONS} units; place it as several orders"
            yield FieldError(f"/lines/{i}/quantity", "too_many_activations", detail)
        if item.activation.by is ActivatedBy.GIFT_CARD and line.unit_price < 1:
            yield FieldError(f"/lines/{i}/unit_price", "greater_than_equal", "a gift card has a value of 1 or more")


def _is_counted(line: LineRequest, known: Known) -> bool:
    """Whether a line asks for units of an item that nodes count; one that is not known may be."""
    item = known.items.get(line.sku)
    goods = line.type is LineType.STOCK and line.method is not Method.DIGITAL
    return goods and (item is None or item.kind is ItemKind.STOCK)


def _shape_errors(order: OrderRequest) -> list[FieldError]:
    errors = []
    seen: set[str] = set()
    for i, line in enumerate(order.lines):
        if line.line_id is not None and line.line_id in seen:
            errors.append(FieldError(f"/lines/{i}/line_id", "repeated", "two lines have the same line_id"))
        seen.add(line.line_id or "")
        if line.method in AT_A_NODE and line.pickup_node is None:
            errors.append(FieldError(f"/lines/{i}/pickup_node", "required", f"{line.method.value} needs a node"))
        if line.method not in AT_A_NODE and line.pickup_node is not None:
            errors.append(FieldError(f"/lines/{i}/pickup_node", "not_allowed", f"{line.method.value} has no node"))
    return [*errors, *_tender_errors(order)]


def _tender_errors(order: OrderRequest) -> list[FieldError]:
    taken: set[tuple[str, str | None]] = set()
    left_out = [i for i, payment in enumerate(order.payments) if payment.amount is None]
    # Where the tax is computed here, a tender that pays then may cover the rest.
    may_be = (
        () if order.tax_mode is TaxMode.EXTERNAL_AMOUNT else [i for i in left_out if not order.payments[i].captured]
    )
    errors = [
        FieldError(f"/payments/{i}/amount", "required", "what it covers, in minor units")
        for i in left_out
        if i not in may_be[:1]
    ]
    for i, payment in enumerate(order.payments):
        if payment.tender is Tender.PAY_IN_STORE:
            errors += _till_errors(i, payment)
            continue
        own = payment.tender is not Tender.CARD
        if payment.captured:
            if payment.reference is None:
                errors.append(FieldError(f"/payments/{i}/reference", "required", "what the channel calls the capture"))
            elif (payment.provider, payment.reference) in taken:
                errors.append(FieldError(f"/payments/{i}/reference", "repeated", "money is captured once"))
            taken.add((payment.provider, payment.reference))
            if own or payment.provider == STORED_VALUE:
                detail = "gift cards and store credit are redeemed by this service"
                errors.append(FieldError(f"/payments/{i}/captured", "not_allowed", detail))
            continue
        if payment.token is None:
            errors.append(FieldError(f"/payments/{i}/token", "required", "what the provider is asked with"))
        if payment.reference is not None:
            errors.append(FieldError(f"/payments/{i}/reference", "not_allowed", "only what was captured has one"))
        if payment.provider not in PROVIDERS:
            known = f"known are {', '.join(sorted(PROVIDERS))}"
            errors.append(FieldError(f"/payments/{i}/provider", "unknown_provider", known))
        elif own != (payment.provider == STORED_VALUE):
            detail = f"gift_card and store_credit are of the provider {STORED_VALUE}, and it has no other tender"
            errors.append(FieldError(f"/payments/{i}/provider", "tender_mismatch", detail))
    return errors


def _till_errors(number: int, payment: PaymentRequest) -> list[FieldError]:
    """What is wrong with a tender that a till is to take when the goods are collected."""
    detail = "a till takes the money when the goods are collected"
    given = {"token": payment.token, "reference": payment.reference, "captured": payment.captured or None}
    errors = [
        FieldError(f"/payments/{number}/{name}", "not_allowed", detail)
        for name, value in given.items()
        if value is not None
    ]
    if payment.provider != TILL:
        errors.append(FieldError(f"/payments/{number}/provider", "tender_mismatch", f"pay_in_store is of {TILL}"))
    return errors


def review(order: OrderRequest, known: Known) -> tuple[Validation, ...]:
    """The verdict of every validator, in order."""
    verdicts = ((name, check(order, known)) for name, check in VALIDATORS)
    return tuple(Validation(name=name, verdict=verdict, detail=detail) for name, (verdict, detail) in verdicts)


def _passed(_: OrderRequest, __: Known) -> tuple[str, str]:
    # What these names check was refused at the door, so an order that is stored has passed them.
    return "pass", ""


def _address(order: OrderRequest, _: Known) -> tuple[str, str]:
    for index, line in enumerate(order.lines, start=1):
        if line.type is LineType.STOCK and line.method in TO_AN_ADDRESS:
            address = line.ship_to or order.ship_to
            if address is None:
                return "fail", f"line {index} has no address to go to"
            if not address.postal_code and address.country in NEEDS_POSTAL_CODE:
                return "fail", f"the address of line {index} has no postal code"
    return "pass", ""


def _node(order: OrderRequest, known: Known) -> tuple[str, str]:
    named = {order.selling_node, *(line.pickup_node for line in order.lines if line.pickup_node)}
    for name in sorted(named):
        if known.nodes[name].status != "active":
            return "fail", f"node {name} is closed"
    for name in sorted(known.giving - named):
        if known.nodes[name].status != "active":
            return "fail", f"no open node has all of the units; node {name}, which has, is closed"
    return "pass", ""


def _capacity(_: OrderRequest, known: Known) -> tuple[str, str]:
    for name in sorted(known.full):
        return "fail", f"no node with capacity has all of the units; node {name} takes nothing more on now"
    return "pass", ""


def _item(order: OrderRequest, known: Known) -> tuple[str, str]:
    for index, line in enumerate(order.lines, start=1):
        if line.type is LineType.STOCK and known.items[line.sku].status != "active":
            return "fail", f"item {line.sku} of line {index} is no longer sold"
    return "pass", ""


def _tender_sum(order: OrderRequest, _: Known) -> tuple[str, str]:
    paid = sum(payment.amount or 0 for payment in order.payments)
    if paid != order.totals.total:
        return "fail", f"tenders cover {paid} of {order.totals.total}"
    return "pass", ""


# Countries whose post cannot deliver without a postal code (Universal Postal Union addressing sheets).
NEEDS_POSTAL_CODE = frozenset(
    ("US", "GB", "DE", "FR", "NL", "BE", "AT", "CH", "IT", "ES", "SE", "DK", "NO", "FI", "PL", "AU", "CA", "JP")
)

Check = Callable[[OrderRequest, Known], tuple[str, str]]
VALIDATORS: tuple[tuple[str, Check], ...] = (
    ("schema", _passed),
    ("sums", _passed),
    ("address", _address),
    ("sku", _item),
    ("node", _node),
    ("capacity", _capacity),
    ("tender_sum", _tender_sum),
)
