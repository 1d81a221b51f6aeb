"""Answering a choice, and ending one that nobody answered: one transaction each, with all that follows from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from oms.choices.deciding import OptionNotOffered, about, page_of, require_open, units_left
from oms.choices.events import ChoiceAnswered, ChoiceExpired, ChoiceWithdrawn, OrderLineSubstituted
from oms.choices.model import Answer, Choice, Kind, Option, Status
from oms.choices.requests import AnswerChoice, AnswerForCustomer
from oms.choices.store import ending_choices
from oms.fulfillment.finding import WRITE, own_work, require_own_node
from oms.orders.backorders import set_free
from oms.orders.cancelling import TakenOut
from oms.orders.method_changes import MethodChange, difference
from oms.orders.model import Order
from oms.orders.request import LineQuantity
from oms.orders.store import existing_order, load_order
from oms.orders.substituting import replaced_header, replaced_units, substitute_line
from oms.orders.taking_out import cancellation
from oms.orders.writes import change_order
from oms.platform.clock import format_instant
from oms.platform.commands import Call, Decision, Outcome, Runtime, execute
from oms.platform.consumers import call_from_workflow
from oms.platform.events import EventData
from oms.platform.ids import parent_id
from oms.platform.links import Place
from oms.platform.observability import logger
from oms.platform.problems import NotFound, OutOfStock
from oms.registry.reads import known_nodes, sold_items
from oms.sourcing.changing_method import Swap, changed_way, swapped

# Why units are cancelled: the customer chose it, or did not answer and the rule says so.
CHOSEN, NOT_ANSWERED = "customer_choice", "choice_not_answered"


def answer_by_link(runtime: Runtime, call: Call, place: Place, request: AnswerChoice) -> Outcome:
    """Do what whoever has the link of a choice decides, once. The answer is a ChoicePage.

    Raises ChoiceOver with what happened where it is too late, OptionNotOffered, InvalidRequest for a way without a
    place, and OutOfStock where nobody has the units for what was chosen; then nothing is changed.
    """
    return execute(runtime, call, lambda: _answered(runtime, call, place.order_id, place.about, request, "link"))


def answer_for_customer(
    runtime: Runtime, call: Call, fulfillment_order_id: str, choice_id: str, request: AnswerForCustomer
) -> Outcome:
    """The same, said by an associate of the node that offered it, who has asked the customer and is recorded."""

    def decide() -> Decision:
        order = load_order(runtime.database, call.tenant, parent_id("ord", fulfillment_order_id))
        order, work = own_work(order, call.principal, WRITE, fulfillment_order_id, call.expected_version)
        require_own_node(call.principal, work)
        if not any((one.id, one.fulfillment_order_id) == (choice_id, work.id) for one in order.choices):
            raise NotFound(f"There is no choice {choice_id} of {work.id}.")
        return _answered(runtime, call, order.header.id, choice_id, request, request.asked)

    return execute(runtime, call, decide)


def end_choices(runtime: Runtime, tenant: str) -> int:
    """Follow the rule of each choice that nobody answered in time; how many ended. One that cannot stays listed."""
    ended = 0
    for choice in list(ending_choices(runtime.database, tenant, format_instant(runtime.clock.now()))):
        try:
            ended += end_choice(runtime, tenant, choice.order_id, choice.id)
        except Exception as error:  # noqa: BLE001
            # Whatever it is, the choice stays listed, and the others get their turn.
            logger().exception("choice not ended", choice_id=choice.id, error_type=type(error).__name__)
    return ended


def end_choice(runtime: Runtime, tenant: str, order_id: str, choice_id: str) -> bool:
    """End one choice whose time is over: as its rule says, or as withdrawn where nothing is left; whether it ended."""
    call = call_from_workflow("end_choice", tenant, choice_id)

    def decide() -> Decision:
        order = existing_order(runtime.database, tenant, order_id)
        choice = _find(order, choice_id)
        if choice.status is not Status.OPEN:
            return Decision([], body={"ended": False})
        now, left = format_instant(runtime.clock.now()), units_left(order, choice)
        if not left:
            ended, told = choice.ended(Status.WITHDRAWN, now), [ChoiceWithdrawn(**about(order, choice, 0))]
            _, writes, drafts = change_order(tenant, order, events=told, choices=[ended])
            return Decision(writes, drafts, body={"ended": True})
        ended = choice.ended(Status.EXPIRED, now)
        expired = ChoiceExpired(**about(order, choice, left), option=choice.otherwise.value)
        if choice.otherwise is Option.WAIT:
            _, writes, drafts = change_order(tenant, order, events=[expired], choices=[ended])
            return Decision(writes, drafts, body={"ended": True})
        return replace(_cancelled(runtime, call, order, ended, expired, left, NOT_ANSWERED), body={"ended": True})

    return bool(execute(runtime, call, decide).body["ended"])


def _answered(
    runtime: Runtime, call: Call, order_id: str, choice_id: str, request: AnswerChoice, asked: str
) -> Decision:
    order = existing_order(runtime.database, call.tenant, order_id)
    choice, now = _find(order, choice_id), format_instant(runtime.clock.now())
    left = require_open(order, choice, now)
    substitute = choice.substitute(request.sku)
    if request.option not in choice.options:
        raise OptionNotOffered(f"It offers {', '.join(choice.options)}.", pointer="/option")
    if (request.option is Option.SUBSTITUTE) != (substitute is not None) or (request.sku and substitute is None):
        raise OptionNotOffered("A substitute that it names, with the option substitute only.", pointer="/sku")
    answer = Answer(option=request.option, sku=request.sku, at=now, taken_by=call.principal.actor, asked=asked)
    ended = choice.ended(Status.ANSWERED, now, answer)
    told = ChoiceAnswered(
        **about(order, choice, left),
        option=answer.option.value,
        substitute=answer.sku,
        taken_by=answer.taken_by,
        asked=asked,
    )
    made = _done(runtime, call, order, ended, told, left, request)
    return replace(made, status=200, body=page_of(order, ended, now).model_dump(mode="json"))


def _done(
    runtime: Runtime, call: Call, order: Order, ended: Choice, told: EventData, left: int, request: AnswerChoice
) -> Decision:
    """The transaction that does what was decided about so many units."""
    if request.option is Option.WAIT:
        _, writes, drafts = change_order(call.tenant, order, events=[told], choices=[ended])
        return Decision(writes, drafts)
    if request.option is Option.CANCEL:
        return _cancelled(runtime, call, order, ended, told, left, CHOSEN)
    try:
        if request.option is Option.SUBSTITUTE:
            return _substituted(runtime, call, order, ended, told, left)
        change = MethodChange(
            reason=CHOSEN,
            lines=(LineQuantity(line_no=ended.line_no, quantity=left),),
            method="ship" if request.option is Option.SHIP else "pickup",
            ship_to=request.ship_to,
            pickup_node=request.pickup_node,
        )
        return changed_way(runtime, call, order, change, [(ended, told)])
    except OutOfStock as error:
        detail = error.errors[0].detail if error.errors else error.detail
        raise OutOfStock(detail, pointer="/option") from error


def _cancelled(
    runtime: Runtime, call: Call, order: Order, ended: Choice, told: EventData, left: int, reason: str
) -> Decision:
    """Cancel the units that a choice is about; units that a node still has are taken from that work, which lets go."""
    taken: TakenOut | None = None
    if ended.kind is Kind.SUBSTITUTION:
        moved = replaced_units(order, ended, left)
        taken = TakenOut(dict(moved.units), work=moved.work, given_back=moved.given_back, events=moved.events)
    at = runtime.clock.now()
    units = {ended.line_no: left}
    return cancellation(call, order, units, reason, at, told=[told], choices=[ended], taken=taken)


def _substituted(runtime: Runtime, call: Call, order: Order, ended: Choice, told: EventData, left: int) -> Decision:
    """Give the units up for the item that was chosen, from the node that offered it where a node did."""
    substitute = ended.substitute(ended.answer.sku if ended.answer else None)
    assert substitute is not None
    now = runtime.clock.now()
    item = sold_items(runtime.database, call.tenant, [substitute.sku], now).get(substitute.sku)
    if item is None or item.components:
        raise OutOfStock(f"{substitute.sku} is not sold.")
    moved = replaced_units(order, ended, left)
    added = substitute_line(order, moved, substitute, item)
    header = replaced_header(order, moved, waited=ended.kind is Kind.BACKORDER)
    own = next((one for one in order.fulfillment_orders if one.id == ended.fulfillment_order_id), None)
    nodes = known_nodes(runtime.database, call.tenant, now, named=[own.node_id] if own else [])
    others = frozenset(nodes) - {own.node_id} if own and ended.kind is Kind.SUBSTITUTION else frozenset[str]()

    def said(works: Sequence[str]) -> list[EventData]:
        swap = OrderLineSubstituted(
            order_id=order.header.id,
            external_id=order.header.external_id,
            choice_id=ended.id,
            from_line_no=ended.line_no,
            from_sku=order.line(ended.line_no).agreed.sku,
            line_no=added.lines[0].line_no,
            sku=substitute.sku,
            quantity=left,
            difference=difference(order, moved, added),
            currency=order.header.currency,
            fulfillment_order_ids=tuple(works),
        )
        return [told, swap, *set_free(order, header)]

    return swapped(runtime, call, order, Swap(moved, added, header, said, (ended,)), nodes, without=others)


def _find(order: Order, choice_id: str) -> Choice:
    found = next((one for one in order.choices if one.id == choice_id), None)
    if found is None:
        raise NotFound(f"There is no choice {choice_id}.")
    return found
