"""What an order is held to: the promise that it names, written on its fulfilment groups."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from oms.orders.model import Group, GroupPromise, Line, Validation
from oms.orders.request import OrderRequest
from oms.platform.commands import Runtime
from oms.platform.problems import FieldError, InvalidRequest
from oms.promises.model import Option, Promise
from oms.promises.reads import binding_promise
from oms.registry.segments import said

_NAME = "promise"


def promised_groups(
    runtime: Runtime, tenant: str, request: OrderRequest, groups: Sequence[Group], lines: Sequence[Line]
) -> tuple[tuple[Group, ...], tuple[Validation, ...]]:
    """The groups with what was promised for them, and what is to be said of it.

    An order that comes after its promise has expired is kept, and held to nothing. An unknown promise, and one that did
    not promise what is ordered, raise InvalidRequest.
    """
    if request.promise_id is None:
        return tuple(groups), ()
    promise = binding_promise(runtime, tenant, request.promise_id, request.channel)
    if promise is None:
        detail = f"{request.promise_id} has expired, and the order is held to nothing"
        return tuple(groups), (Validation(name=_NAME, verdict="warn", detail=detail),)
    bound, errors, taken = [], list[FieldError](), Counter[tuple[Option | None, str]]()
    for group in groups:
        own = [line for line in lines if line.group_no == group.group_no and _is_goods(line)]
        option = promise.option(group.method, group.service, group.pickup_node, request.currency)
        errors += _not_promised(promise, option, group, own, taken)
        bound.append(_bound(promise, option, group) if own and option else group)
    if errors:
        raise InvalidRequest(errors=errors)
    return tuple(bound), (Validation(name=_NAME, verdict="pass"),)


def _is_goods(line: Line) -> bool:
    """Whether a line is goods as they were promised: the kit, not its components."""
    return line.apart or (line.claims_stock and line.part_of is None)


def _bound(promise: Promise, option: Option, group: Group) -> Group:
    kept = GroupPromise(
        promise_id=promise.id,
        ship_by=option.ship_by,
        ready_at=option.ready_at,
        earliest=option.earliest,
        latest=option.latest,
        fee=option.fee,
        currency=option.currency,
    )
    return group.model_copy(update={"service": option.service, "promise": kept})


def _not_promised(
    promise: Promise,
    option: Option | None,
    group: Group,
    lines: Sequence[Line],
    taken: Counter[tuple[Option | None, str]],
) -> Iterator[FieldError]:
    """What is wrong with the lines of a group; `taken` are the units of the order so far, by way and in all."""
    if not lines:
        return
    first = lines[0].line_no - 1
    if option is None:
        detail = f"{promise.id} does not promise {group.method.value} for this line in the order's currency"
        yield FieldError(f"/lines/{first}/method", "not_promised", detail)
        return
    address = group.ship_to
    if address is not None and (address.country, _plain(address.postal_code)) != (
        promise.country,
        _plain(promise.postal_code),
    ):
        detail = f"{promise.id} is for {promise.country} {promise.postal_code or 'without a postal code'}"
        yield FieldError(f"/lines/{first}/ship_to", "not_promised", detail)
    for line in lines:
        sku, more = line.agreed.stock_sku, 0
        for way, promised in ((option, option.lines), (None, promise.lines)):
            taken[way, sku] += line.quantity
            more = max(more, taken[way, sku] - sum(one.quantity for one in promised if one.stock_sku == sku))
        if more:
            detail = f"{more} more of {said(sku)} than {promise.id} promises"
            yield FieldError(f"/lines/{line.line_no - 1}/quantity", "not_promised", detail)


def _plain(postal_code: str | None) -> str:
    return (postal_code or "").replace(" ", "").upper()
