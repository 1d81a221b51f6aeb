"""Offering choices: of units that begin to wait, of units that a store gave up, and of what a node offers instead.

Each choice is offered in one transaction with its link and the fact of it, whose hidden field is the link's name.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from oms.choices.deciding import about, page_of, units_left
from oms.choices.events import ChoiceOffered, OfferedSubstitute
from oms.choices.model import LINK_PURPOSE, Choice, Kind, Option, Status, Substitute
from oms.choices.requests import OfferSubstitutes
from oms.choices.rules import KIND, ChoiceRule, ChoiceRules, rule_for, substitutes_for
from oms.fulfillment.finding import WRITE, own_work, require_own_node
from oms.fulfillment.model import COUNTER_METHODS, FulfillmentOrder
from oms.orders.model import Order
from oms.orders.model import Status as OrderStatus
from oms.orders.model import status as order_status
from oms.orders.store import existing_order, load_order
from oms.orders.writes import change_order
from oms.platform.clock import format_instant
from oms.platform.commands import Call, Decision, Outcome, Runtime, execute
from oms.platform.consumers import Event, call_from_event
from oms.platform.events import EventData
from oms.platform.ids import child_id, parent_id
from oms.platform.links import Place, link_write, new_name
from oms.platform.problems import ActionNotAvailable, FieldError, InvalidRequest, Problem
from oms.platform.writes import Value, Write
from oms.rulesets.reads import live_rules

# A node may ask the customer about the units of one line so often.
MOST_OFFERS = 20
_RUNNING = frozenset({OrderStatus.CONFIRMED, OrderStatus.IN_PROGRESS})


class NoSubstitute(Problem):
    status = 409
    code = "no_substitute"
    title = "Nothing may be offered in place of this item."
    remedy = "Let a rule of the retailer allow it (/v1/choice-rules), or say that the item is short."


class AlreadyAsked(Problem):
    status = 409
    code = "already_asked"
    title = "The customer is being asked about these units already."
    remedy = "Take the answer of the choice that is open, or wait until its time is over."


@dataclass(slots=True)
class _Asked:
    """Choices that are offered in one transaction."""

    choices: list[Choice] = field(default_factory=list)
    told: list[EventData] = field(default_factory=list)
    links: list[Write] = field(default_factory=list)


def offer_backorder_choices(runtime: Runtime, event: Event) -> Outcome:
    """Ask the customer about the units of an order that wait for stock, line by line, where a rule says so.

    Not while a person reviews the order or it is being handed to its nodes, and not twice about the same units.
    """
    call = call_from_event("offer_backorder_choices", event)

    def decide() -> Decision:
        order = existing_order(runtime.database, call.tenant, str(event.data["order_id"]))
        sets = _rules(runtime, call.tenant)
        rule = rule_for(sets, Kind.BACKORDER, order.header.channel)
        asked = _Asked()
        now = format_instant(runtime.clock.now())
        if rule is not None and order.header.sourced and order_status(order) in _RUNNING:
            for one in order.header.backorders:
                if one.cancel_at > now and not _is_asked(order, Kind.BACKORDER, one.line_no, one.quantity):
                    _ask(runtime, call.tenant, order, asked, rule, sets, one.line_no, one.quantity, until=one.cancel_at)
        return _offered(call, order, asked)

    return execute(runtime, call, decide)


def offer_rejection_choices(runtime: Runtime, event: Event) -> Outcome:
    """Ask the customer about units that were to be collected, that their store gave up and that nobody has."""
    call, work_id = call_from_event("offer_rejection_choices", event), str(event.data["fulfillment_order_id"])

    def decide() -> Decision:
        order = existing_order(runtime.database, call.tenant, parent_id("ord", work_id))
        work = next(one for one in order.fulfillment_orders if one.id == work_id)
        sets = _rules(runtime, call.tenant)
        rule = rule_for(sets, Kind.REJECTION, order.header.channel)
        asked = _Asked()
        if rule is not None and work.method in COUNTER_METHODS and order_status(order) in _RUNNING:
            for part in work.lines:
                if part.given_up and not _is_asked(order, Kind.REJECTION, part.line_no, part.given_up):
                    _ask(runtime, call.tenant, order, asked, rule, sets, part.line_no, part.given_up, work=work)
        return _offered(call, order, asked)

    return execute(runtime, call, decide)


def offer_substitutes(runtime: Runtime, call: Call, fulfillment_order_id: str, request: OfferSubstitutes) -> Outcome:
    """A node offers something else in place of units that it has not picked; the customer is asked by a link.

    The answer is a ChoicePage with the id of the choice. Raises NotFound for unknown work, ActionNotAvailable for units
    that are picked, gone or were asked about too often, NoSubstitute where no rule has any, InvalidRequest for others
    than the rules have, AlreadyAsked.
    """

    def decide() -> Decision:
        order, work = own_work(
            load_order(runtime.database, call.tenant, parent_id("ord", fulfillment_order_id)),
            call.principal,
            WRITE,
            fulfillment_order_id,
            call.expected_version,
        )
        require_own_node(call.principal, work)
        if not any(part.line_no == request.line_no for part in work.lines):
            detail = f"{work.id} has no line {request.line_no}"
            raise InvalidRequest(errors=[FieldError("/line_no", "unknown_line", detail)])
        if any(_is_open(one, Kind.SUBSTITUTION, request.line_no) for one in order.choices):
            raise AlreadyAsked(pointer="/line_no")
        times = sum((one.kind, one.line_no) == (Kind.SUBSTITUTION, request.line_no) for one in order.choices)
        if times >= MOST_OFFERS:
            raise ActionNotAvailable(f"The customer was asked {times} times; that is enough.", pointer="/line_no")
        sets = _rules(runtime, call.tenant)
        rule = rule_for(sets, Kind.SUBSTITUTION, order.header.channel)
        asked = _Asked()
        if rule is not None:
            _ask(
                *(runtime, call.tenant, order, asked, rule, sets, request.line_no, request.quantity),
                work=work,
                named=request.substitutes,
            )
        if not asked.choices or not asked.choices[0].substitutes:
            raise NoSubstitute(pointer="/line_no")
        left = units_left(order, asked.choices[0])
        if left < request.quantity:
            raise ActionNotAvailable(f"{work.id} has {left} units that are not picked.", pointer="/quantity")
        return _offered(call, order, asked)

    return execute(runtime, call, decide)


def _rules(runtime: Runtime, tenant: str) -> list[ChoiceRules]:
    return [one.content for one in live_rules(runtime.database, tenant, KIND, ChoiceRules)]


def _is_open(choice: Choice, kind: Kind, line_no: int) -> bool:
    return (choice.status, choice.kind, choice.line_no) == (Status.OPEN, kind, line_no)


def _is_asked(order: Order, kind: Kind, line_no: int, quantity: int) -> bool:
    """Whether the customer is asked about the units already, or said that they may wait."""
    kept = (one for one in order.choices if (one.kind, one.line_no) == (kind, line_no) and one.quantity >= quantity)
    return any(
        one.status is Status.OPEN
        or (one.answer is not None and one.answer.option is Option.WAIT)
        or (one.status is Status.EXPIRED and one.otherwise is Option.WAIT)
        for one in kept
    )


def _ask(
    runtime: Runtime,
    tenant: str,
    order: Order,
    asked: _Asked,
    rule: ChoiceRule,
    sets: Sequence[ChoiceRules],
    line_no: int,
    quantity: int,
    *,
    until: str | None = None,
    work: FulfillmentOrder | None = None,
    named: Sequence[str] = (),
) -> None:
    """Add one choice, unless there would be nothing to choose."""
    header, line, now = order.header, order.line(line_no), runtime.clock.now()
    agreed = line.agreed
    found = substitutes_for(sets, rule, agreed.sku, agreed.unit_price, header.currency)
    if line.replaces is not None:
        # What is sent again stands for the line that was paid, by whose item it is claimed and comes back.
        found = ()
    _refuse_others(found, named)
    substitutes = tuple(one for one in found if not named or one.sku in named)
    options = tuple(one for one in rule.options if substitutes or one is not Option.SUBSTITUTE)
    if not set(options) - {Option.WAIT}:
        return
    choice = Choice(
        id=child_id("chc", header.id, len(order.choices) + len(asked.choices) + 1),
        order_id=header.id,
        kind=rule.kind,
        line_no=line_no,
        quantity=quantity,
        options=options,
        substitutes=substitutes,
        otherwise=Option(rule.otherwise),
        created_at=format_instant(now),
        expires_at=_ends_at(now, rule, until),
        fulfillment_order_id=work.id if work else None,
    )
    name = new_name(runtime.ids, tenant, "chc")
    place = Place(tenant=tenant, order_id=header.id, about=choice.id, expires_at=choice.expires_at)
    told = ChoiceOffered(
        **about(order, choice, quantity),
        options=tuple(one.value for one in options),
        substitutes=tuple(OfferedSubstitute(**one.model_dump()) for one in substitutes),
        otherwise=choice.otherwise.value,
        expires_at=choice.expires_at,
        fulfillment_order_id=choice.fulfillment_order_id,
        choice_link=name,
    )
    asked.choices.append(choice)
    asked.told.append(told)
    asked.links.append(link_write(LINK_PURPOSE, name, place))


def _refuse_others(found: Iterable[Substitute], named: Sequence[str]) -> None:
    """Refuse items that no rule allows, by their places in the request."""
    known = {one.sku for one in found}
    errors = [
        FieldError(f"/substitutes/{number}", "no_substitute", f"no rule allows {sku} in place of it")
        for number, sku in enumerate(named)
        if sku not in known
    ]
    if errors:
        raise InvalidRequest(errors=errors)


def _ends_at(now: datetime, rule: ChoiceRule, until: str | None) -> str:
    at = format_instant(now + timedelta(hours=rule.hours))
    return at if until is None else min(at, until)


def _offered(call: Call, order: Order, asked: _Asked) -> Decision:
    if not asked.choices:
        return Decision([], body={"choices": []})
    after, writes, drafts = change_order(call.tenant, order, events=asked.told, choices=asked.choices)
    pages: list[Value] = [
        page_of(after, one, one.created_at).model_dump(mode="json") | {"id": one.id} for one in asked.choices
    ]
    return Decision([*writes, *asked.links], drafts, body={"choices": pages})
