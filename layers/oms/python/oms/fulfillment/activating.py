"""Delivering what is activated: digital work with a licence, a gift card or a provider's activation for each unit.

A licence and a gift card are given in the transaction with which their units leave. A provider outside is asked as an
effect (platform/effects.py): the wish is stored with the line, its key follows from it, and units leave once their
provider has said what they are called. What cannot be activated now stays, and is tried again by the workflow.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from oms.activations.model import Licence
from oms.activations.reads import free_licences
from oms.activations.writes import licence_given
from oms.fulfillment.asking_providers import Providers, ask_providers, completed
from oms.fulfillment.events import ShipmentShipped
from oms.fulfillment.finding import WRITE, find_work
from oms.fulfillment.model import FulfillmentOrder, Shipment, ShippedLine, WorkLine
from oms.fulfillment.request import ActionLine, ActionRequest
from oms.fulfillment.shipping import shipment_event
from oms.fulfillment.step import Step
from oms.fulfillment.verbs import cancel_response_fulfillment_order, ship_fulfillment_order
from oms.orders.model import Order
from oms.orders.writes import change_order
from oms.platform.commands import Decision, Runtime, execute
from oms.platform.consumers import call_from_workflow
from oms.platform.events import EventData, EventDraft
from oms.platform.principal import system_principal
from oms.platform.writes import Write
from oms.registry.limits import ActivatedBy, Activation, ActivationStatus, activation_id
from oms.stored_value.model import Kind, Reason
from oms.stored_value.writes import issue
from oms.tasks.model import TaskKind
from oms.tasks.reads import open_task_of
from oms.tasks.writes import TaskChange, task_done

# What one transaction gives beside what every shipment writes, in actions: a licence is one, a gift card three.
_ACTIONS, _CARD_ACTIONS = 60, 3
DELIVERED, ACTIVATED = "DELIVERED", "activated"


class _NothingReady(Exception):
    """No unit can be delivered now. It is not recorded: the same is asked again later."""


def deliver_activated(runtime: Runtime, providers: Providers, tenant: str, work_id: str) -> bool:
    """Deliver all units of some work that can be activated now; whether nothing remains of it.

    It takes as many transactions as it needs, each with a shipment of its own. What was to be cancelled meanwhile is
    let go of as far as it was not activated.
    """
    tried: set[str] = set()
    while True:
        order, work = _read(runtime, tenant, work_id)
        if work.is_closed:
            return True
        if work.asked:
            _answer_request(runtime, tenant, order, work)
            continue
        if any(line.activation and line.activation.by is ActivatedBy.PROVIDER for line in work.lines):
            ask_providers(runtime, providers, tenant, work_id, tried)
        if not _ship(runtime, tenant, work_id):
            return False


def _read(runtime: Runtime, tenant: str, work_id: str) -> tuple[Order, FulfillmentOrder]:
    return find_work(runtime, system_principal(tenant, "deliver_activated"), WRITE, work_id)


def _answer_request(runtime: Runtime, tenant: str, order: Order, work: FulfillmentOrder) -> None:
    """Let go of units that are to be cancelled and that nobody has activated, or is asked to; the others stay."""
    call = call_from_workflow("cancel_response_fulfillment_order", tenant, f"{work.id}#{order.header.version}")

    def decide() -> Decision:
        before, now = _read(runtime, tenant, work.id)
        if not now.asked:
            return Decision([], body={"fulfillment_order_id": work.id})
        free = {no: min(units, now.line(no).remaining - _busy(now.line(no))) for no, units in now.asked.items()}
        lines = [ActionLine(line_no=no, quantity=units) for no, units in free.items() if units > 0]
        answer = ActionRequest(accepted=bool(lines), lines=tuple(lines) or None, reason=ACTIVATED)
        step = cancel_response_fulfillment_order(runtime, call, before, now, answer)
        return _decision(tenant, before, step, step.drafts, _task_over(runtime, tenant, step.work))

    execute(runtime, call, decide)


def _busy(line: WorkLine) -> int:
    """Units of a line that are activated, or may be at any moment, and have not left."""
    free = ActivationStatus.FAILED
    return sum(1 for one in line.activations if one.shipment_id is None and one.status is not free)


def _ship(runtime: Runtime, tenant: str, work_id: str) -> bool:
    """Ship what can be activated, in one transaction; whether there was anything."""
    _, work = _read(runtime, tenant, work_id)
    left = sum(line.shipped for line in work.lines)
    call = call_from_workflow("ship_fulfillment_order", tenant, f"{work_id}#deliver#{left}")

    def decide() -> Decision:
        order, now = _read(runtime, tenant, work_id)
        parcel = _Parcel(runtime, tenant, now)
        if not parcel.units:
            raise _NothingReady
        lines = tuple(ActionLine(line_no=no, quantity=units) for no, units in parcel.units.items())
        step = ship_fulfillment_order(runtime, call, order, now, ActionRequest(lines=lines))
        step, drafts = parcel.left(order, step)
        return _decision(tenant, order, step, drafts, _task_over(runtime, tenant, step.work))

    try:
        execute(runtime, call, decide)
    except _NothingReady:
        return False
    return True


def _task_over(runtime: Runtime, tenant: str, work: FulfillmentOrder) -> TaskChange | None:
    """The end of the task of customer care, where there is one and nothing of the work remains."""
    if not work.is_closed:
        return None
    task = open_task_of(runtime.database, tenant, TaskKind.ACTIVATION_FAILED, work.id)
    if task is None:
        return None
    return task_done(tenant, task, outcome=DELIVERED, by="deliver_activated", now=runtime.clock.now())


def _decision(
    tenant: str, order: Order, step: Step, drafts: Sequence[EventDraft] = (), task: TaskChange | None = None
) -> Decision:
    _, writes, events = change_order(
        tenant,
        order,
        events=step.events,
        header=step.header,
        fulfillment_orders=[step.work],
        shipments=step.shipments,
    )
    writes += [*step.stock, *(task.writes if task else ())]
    events += [*drafts, *(task.events if task else ())]
    return Decision(writes, events, body={"fulfillment_order_id": step.work.id})


class _Parcel:
    """What leaves now: the units that can be activated, within what one transaction holds."""

    def __init__(self, runtime: Runtime, tenant: str, work: FulfillmentOrder) -> None:
        self._runtime, self._tenant, self._work = runtime, tenant, work
        self._room = _ACTIONS
        self._licences: dict[int, list[Licence]] = {}
        counted = {line.line_no: self._ready(line) for line in work.lines if line.remaining}
        self.units = {no: units for no, units in counted.items() if units}

    def _ready(self, line: WorkLine) -> int:
        """How many units of a line can leave now."""
        by = line.activation.by if line.activation else None
        if by is None:
            return line.remaining
        if by is ActivatedBy.PROVIDER:
            return min(line.remaining, len(_waiting(line)))
        if by is ActivatedBy.GIFT_CARD:
            units = min(line.remaining, self._room // _CARD_ACTIONS)
            self._room -= units * _CARD_ACTIONS
            return units
        wanted = min(line.remaining, self._room)
        found = free_licences(self._runtime, self._tenant, line.sku, wanted) if wanted else []
        # Two lines of one item do not get the same codes.
        taken = {one.id for given in self._licences.values() for one in given}
        self._licences[line.line_no] = [one for one in found if one.id not in taken]
        self._room -= len(self._licences[line.line_no])
        return len(self._licences[line.line_no])

    def left(self, order: Order, step: Step) -> tuple[Step, list[EventDraft]]:
        """The step with which the units leave, with what each of them is now, and the facts of new gift cards."""
        (shipment,) = step.shipments
        made = _Made(self._runtime, self._tenant, order, shipment)
        lines = tuple(self._activated(made, line) for line in step.work.lines)
        value = sum(_card_value(order, one) for one in shipment.lines)
        sent = shipment.model_copy(update={"gift_cards": value})
        told = [shipment_event(order, sent) if isinstance(one, ShipmentShipped) else one for one in step.events]
        work = step.work.model_copy(update={"lines": lines})
        stock, drafts = [*step.stock, *made.writes], [*step.drafts, *made.drafts]
        return replace(step, work=work, shipments=[sent], events=[*told, *made.told], stock=stock), drafts

    def _activated(self, made: _Made, line: WorkLine) -> WorkLine:
        units = self.units.get(line.line_no, 0)
        if line.activation is None or not units:
            return line
        if line.activation.by is ActivatedBy.PROVIDER:
            ready = {one.id for one in _waiting(line)[:units]}
            leave = {"shipment_id": made.shipment.id}
            kept = [one.model_copy(update=leave) if one.id in ready else one for one in line.activations]
            return line.model_copy(update={"activations": tuple(kept)})
        if line.activation.by is ActivatedBy.GIFT_CARD:
            new = [made.card(line, number) for number in range(1, units + 1)]
        else:
            given = enumerate(self._licences[line.line_no][:units], start=1)
            new = [made.licence(line, number, licence) for number, licence in given]
        made.told.append(completed(self._work, line, new))
        return line.model_copy(update={"activations": (*line.activations, *new)})


def _waiting(line: WorkLine) -> list[Activation]:
    """Units of a line that their provider has activated and that have not left."""
    done = ActivationStatus.ACTIVATED
    return [one for one in line.activations if one.status is done and one.shipment_id is None]


def _card_value(order: Order, left: ShippedLine) -> int:
    """What units that leave are worth as gift cards, in minor units; nothing where they are none."""
    line = order.line(left.line_no)
    is_card = line.activation is not None and line.activation.by is ActivatedBy.GIFT_CARD
    return line.agreed.unit_price * left.quantity if is_card else 0


class _Made:
    """The licences and gift cards that leave with a shipment, as writes and facts."""

    def __init__(self, runtime: Runtime, tenant: str, order: Order, shipment: Shipment) -> None:
        self._runtime, self._tenant, self._order, self.shipment = runtime, tenant, order, shipment
        self.writes: list[Write] = []
        self.told: list[EventData] = []
        self.drafts: list[EventDraft] = []

    def licence(self, line: WorkLine, number: int, licence: Licence) -> Activation:
        """A licence of the pool is given to a unit."""
        made = self._activation(line, number, licence.id)
        self.writes.append(licence_given(self._tenant, licence, self._order.header.id, made.id))
        return made

    def card(self, line: WorkLine, number: int) -> Activation:
        """A gift card of what a unit was sold for comes into being; who knows its id can spend it, so it is chance."""
        header = self._order.header
        account, writes, told = issue(
            self._tenant,
            account_id=self._runtime.ids.new("gft"),
            movement_id=self._runtime.ids.new("svm"),
            kind=Kind.GIFT_CARD,
            reason=Reason.SOLD,
            amount=self._order.line(line.line_no).agreed.unit_price,
            currency=header.currency,
            legal_entity=header.legal_entity,
            store=header.selling_node,
            channel=header.channel,
            now=self._runtime.clock.now(),
            cause_id=self.shipment.id,
        )
        self.writes += writes
        self.drafts.append(told)
        return self._activation(line, number, account.id)

    def _activation(self, line: WorkLine, number: int, name: str) -> Activation:
        assert line.activation is not None
        own = activation_id(self.shipment.fulfillment_order_id or "", line.line_no, len(line.activations) + number)
        done = {"status": ActivationStatus.ACTIVATED, "activation_id": name, "shipment_id": self.shipment.id}
        return Activation(id=own, by=line.activation.by, **done)
