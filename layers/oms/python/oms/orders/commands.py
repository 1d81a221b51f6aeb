"""place_order: one transaction, or a saga where it is too large for one. What changes an order is in `changing.py`."""

from __future__ import annotations

from collections.abc import Callable

from oms.inventory.model import Claimable
from oms.inventory.writes import StockChanges
from oms.orders.choosing import choose_nodes, decision_of
from oms.orders.large import place_in_chunks, was_begun
from oms.orders.model import Order, Validation
from oms.orders.placement import placement
from oms.orders.placing import group_lines, look_up, new_order, refuse_missing, taxed_order
from oms.orders.request import OrderRequest, Tender
from oms.orders.store import external_key
from oms.orders.validation import refuse_size, refuse_sums, refuse_unknown
from oms.payments.model import Reserved
from oms.platform.commands import Call, Decision, Outcome, Runtime, command_key, execute, outcome_at
from oms.platform.events import EventDraft
from oms.platform.principal import authorize
from oms.platform.problems import (
    ExternalIdTaken,
    KeyReused,
    OutOfStock,
    TooLarge,
)
from oms.platform.saga import Claim
from oms.platform.settings import line_limit
from oms.platform.writes import MOST_ACTIONS, Key, Write
from oms.reservations.reads import conversion
from oms.reservations.writes import Conversion
from oms.rulesets.reads import live_rules
from oms.sourcing.model import Sourced

# The record of the command and the end of the saga are two more.
_MOST_WITHOUT_CLAIMS = MOST_ACTIONS - 2


# What an order comes from, such as a draft, by the order's id: what ends it.
ComesFrom = Callable[[str], tuple[list[Write], list[EventDraft]]]


class _NeedsChunks(Exception):
    """The claims of this order do not fit one transaction."""


def check_request(runtime: Runtime, call: Call, request: OrderRequest) -> None:
    """Refuse an order that could not be placed whatever stock there is; raises InvalidRequest or TooLarge."""
    refuse_size(request, call.principal.limit("lines", line_limit()))
    refuse_sums(request)
    refuse_unknown(request, look_up(runtime, call.tenant, request))


def place_order(runtime: Runtime, call: Call, request: OrderRequest, *, comes_from: ComesFrom | None = None) -> Outcome:
    """Accept an order: check it, choose nodes, claim the units there and store it, exactly once.

    The answer is an OrderSummary. Raises InvalidRequest, TooLarge or OutOfStock, and then nothing is stored or
    claimed, and so does TaxRateUnknown; ExternalIdTaken when the channel used this external id for another order.
    What it `comes_from` ends in its transaction: it is given the order's id and refuses, or answers writes and events.
    """
    refuse_size(request, call.principal.limit("lines", line_limit()))
    refuse_sums(request)
    note = external_key(call.tenant, request.channel, request.external_id)
    authorize(call.principal, "orders.write", note.pk, channel=request.channel)

    def prepare(held: Conversion | None = None) -> tuple[Order, Sourced, list[Write]]:
        known = look_up(runtime, call.tenant, request)
        refuse_unknown(request, known)
        agreed = taxed_order(runtime, call.tenant, request, known)
        held_for, items = _held_for(runtime, call.tenant, agreed), known.items
        if held_for is not None:
            # What a till sells as a whole is collected as a whole.
            items = {sku: item.model_copy(update={"when_short": None}) for sku, item in items.items()}
        groups, lines = group_lines(agreed, items)
        said: tuple[Validation, ...] = ()
        if request.promise_id is not None:
            # Loaded with the first promise: an order without one starts faster.
            from oms.orders.promised import promised_groups

            groups, said = promised_groups(runtime, call.tenant, agreed, groups, lines)
        own = held.holds if held else {}
        sourced = choose_nodes(runtime, call.tenant, agreed, known, groups, lines, own)
        refuse_missing(agreed, sourced)
        order = new_order(runtime, call, agreed, known, groups, lines, sourced, said)
        if held_for is not None:
            order = _as_reserved(order, held_for)
        reasons = decision_of(call.tenant, order, known, sourced)
        if any(one.not_before for one in order.header.backorders):
            # Loaded with the first pre-order: an order without one starts faster.
            from oms.orders.preorders import preorder_writes

            reasons = [*reasons, *preorder_writes(runtime, call.tenant, order, known)]
        return order, sourced, reasons

    def decide() -> Decision:
        held = _held(runtime, call, request)
        order, sourced, reasons = prepare(held)
        order_id = order.header.id
        claims = StockChanges(call.tenant, movement_id=order_id, cause=order_id, at=runtime.clock.now())
        for (sku, node), units in sourced.claims.items():
            claims.claim(sourced.stock, sku, node, units)
        claims.end_unclaimed(sourced.stock)
        writes, facts = held.writes(call.tenant, order_id) if held else ([], [])
        ended, told = comes_from(order_id) if comes_from else ([], [])
        decision = placement(call, order, [*claims.writes(), *reasons, *writes, *ended], [*facts, *told])
        # The events and the record of the command are more.
        if len(decision.writes) + len(decision.events) + 1 > MOST_ACTIONS:
            if held:
                raise TooLarge("An order of so many claims cannot come from a reservation.", pointer="/reservation_id")
            if comes_from:
                raise TooLarge("An order of so many claims cannot come from a draft.", pointer="/lines")
            raise _NeedsChunks
        return decision

    def decide_without_claims() -> tuple[Decision, list[Claim], Claimable]:
        order, sourced, reasons = prepare()
        claims = [(sku, node, units) for (sku, node), units in sourced.claims.items()]
        decision = placement(call, order, reasons)
        # Each component of a split kit is a line.
        if len(decision.writes) + len(decision.events) > _MOST_WITHOUT_CLAIMS:
            raise TooLarge(f"The order has {len(order.lines)} lines with the components of its kits.", pointer="/lines")
        return decision, claims, sourced.stock

    def earlier() -> Outcome | None:
        return placed_before(runtime, call, request)

    try:
        return execute(runtime, call, decide, earlier=earlier)
    except _NeedsChunks:
        return place_in_chunks(runtime, call, decide_without_claims, earlier)
    except OutOfStock:
        # What is missing may be held by an earlier run of this very call.
        if not was_begun(runtime, call):
            raise
        return place_in_chunks(runtime, call, decide_without_claims, earlier)


def _held_for(runtime: Runtime, tenant: str, request: OrderRequest) -> Reserved | None:
    """For how long the goods of an order are held that a till is to be paid for; None for any other order."""
    if all(one.tender is not Tender.PAY_IN_STORE for one in request.payments):
        return None
    # Loaded with the first such order: others start faster.
    from oms.orders.paying_in_store import KIND, PayInStoreRules, reserved_for

    rules = live_rules(runtime.database, tenant, KIND, PayInStoreRules)
    return reserved_for(request, [one.content for one in rules])


def _as_reserved(order: Order, reserved: Reserved) -> Order:
    from oms.orders.paying_in_store import reserved_order

    return reserved_order(order, reserved)


def _held(runtime: Runtime, call: Call, request: OrderRequest) -> Conversion | None:
    """What the basket of the order holds, where it names one."""
    if request.reservation_id is None:
        return None
    return conversion(runtime, call.principal, request.reservation_id, request.channel)


def placed_before(runtime: Runtime, call: Call, request: OrderRequest) -> Outcome | None:
    """The first answer, if this channel has placed an order under this external id; another content is refused."""
    note = runtime.database.get("orders", external_key(call.tenant, request.channel, request.external_id))
    if note is None:
        return None
    try:
        found = outcome_at(runtime, Key(str(note["record"]), "COMMAND"), call)
    except KeyReused as error:
        raise ExternalIdTaken(
            f"{request.channel} has already placed {note['order_id']} as {request.external_id} with other content.",
            pointer="/external_id",
        ) from error
    if found is None:
        return None
    # A repeat of the very call gets its very answer; one under another key learns that the order was there already.
    own = note["record"] == command_key(call.tenant, call.command, call.key).pk
    return Outcome(found.status if own else 200, found.body, replayed=True)
