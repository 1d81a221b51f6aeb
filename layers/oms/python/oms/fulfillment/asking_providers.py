"""Asking providers to activate units of digital lines: each wish is stored, asked for as an effect, and recorded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from oms.activations.events import ActivatedUnit, ActivationCompleted, ActivationFailed, ActivationRequested
from oms.activations.port import Activated, ActivationProvider, Declined, Wanted
from oms.activations.writes import code_write
from oms.fulfillment import protocol
from oms.fulfillment.events import FulfillmentOrderAccepted
from oms.fulfillment.finding import WRITE, find_work
from oms.fulfillment.model import FulfillmentOrder, Status, WorkLine
from oms.fulfillment.writes import work_ids
from oms.orders.model import Order
from oms.orders.writes import change_order
from oms.payments.port import CredentialsRefused
from oms.platform.commands import Decision, Runtime, execute
from oms.platform.consumers import call_from_workflow
from oms.platform.effects import Effect, Intent, TransientFailure, perform
from oms.platform.events import EventData
from oms.platform.observability import logger
from oms.platform.principal import system_principal
from oms.platform.problems import Problem
from oms.platform.writes import Write
from oms.registry.limits import ActivatedBy, Activation, ActivationStatus, activation_id

Providers = Callable[[str], ActivationProvider]
# A run has so many seconds: what is more comes with the next shipment of the same work.
_AT_ONCE = 10


def ask_providers(runtime: Runtime, providers: Providers, tenant: str, work_id: str, tried: set[str]) -> None:
    """Have some units of some work activated, as far as their providers can do it now.

    `tried` holds the ids of those that were asked for in this run and takes more: none is asked for in a circle.
    """
    before = _open(_read(runtime, tenant, work_id)[1])
    _store_wishes(runtime, tenant, work_id, tried)
    order, work = _read(runtime, tenant, work_id)
    for line, activation in _open(work)[:_AT_ONCE]:
        if activation.id in tried:
            continue
        tried.add(activation.id)
        # An earlier run may have asked for it and heard nothing: then it is looked up first.
        asked = any(one.key == activation.key for _, one in before)
        try:
            _settle(runtime, providers, tenant, order, work, line, activation, asked=asked)
        except (TransientFailure, CredentialsRefused, Problem) as error:
            # The others get their turn; what is open stays so and is looked up by the next run.
            logger().info("activation not settled", activation=activation.id, error_type=type(error).__name__)


def completed(work: FulfillmentOrder, line: WorkLine, done: Sequence[Activation]) -> EventData:
    """The fact that units of a line are activated."""
    units = tuple(ActivatedUnit(id=one.id, activation_id=one.activation_id or "") for one in done)
    return ActivationCompleted(**_line_ids(work, line), activations=units)


def _read(runtime: Runtime, tenant: str, work_id: str) -> tuple[Order, FulfillmentOrder]:
    return find_work(runtime, system_principal(tenant, "request_activations"), WRITE, work_id)


def _open(work: FulfillmentOrder) -> list[tuple[WorkLine, Activation]]:
    wanted = ActivationStatus.REQUESTED
    return [(line, one) for line in work.lines for one in line.activations if one.status is wanted]


def _line_ids(work: FulfillmentOrder, line: WorkLine) -> dict[str, str | int]:
    assert line.activation is not None
    ids = {"order_id": work.order_id, "fulfillment_order_id": work.id}
    return {**ids, "line_no": line.line_no, "sku": line.sku, "by": line.activation.by.value}


def _store_wishes(runtime: Runtime, tenant: str, work_id: str, tried: set[str]) -> None:
    """Store for which units a provider is to be asked: from then on they cannot be cancelled without it."""
    order, _ = _read(runtime, tenant, work_id)
    call = call_from_workflow("request_activations", tenant, f"{work_id}#{order.header.version}")

    def decide() -> Decision:
        before, work = _read(runtime, tenant, work_id)
        told: list[EventData] = []
        lines = []
        room = _AT_ONCE - len(_open(work))
        for line in work.lines:
            after, ids = _wished(work, line, tried, room)
            room -= len(ids)
            lines.append(after)
            if ids and line.activation is not None and line.activation.provider is not None:
                told.append(ActivationRequested(**_line_ids(work, line), provider=line.activation.provider, ids=ids))
        if not told:
            return Decision([], body={"fulfillment_order_id": work_id})
        taken = work
        if work.status is Status.OPEN:
            taken, told = protocol.accept(work), [FulfillmentOrderAccepted(**work_ids(work)), *told]
        kept = taken.model_copy(update={"lines": tuple(lines)})
        _, writes, drafts = change_order(tenant, before, events=told, fulfillment_orders=[kept])
        return Decision(writes, drafts, body={"fulfillment_order_id": work_id})

    execute(runtime, call, decide)


def _wished(work: FulfillmentOrder, line: WorkLine, tried: set[str], room: int) -> tuple[WorkLine, tuple[str, ...]]:
    """A line with the units that are to be activated now, and their ids: those that were refused are asked for anew."""
    if line.activation is None or line.activation.by is not ActivatedBy.PROVIDER:
        return line, ()
    waiting = [one for one in line.activations if one.shipment_id is None]
    live = [one for one in waiting if one.status is not ActivationStatus.FAILED]
    wanted = min(room, line.remaining - work.asked.get(line.line_no, 0) - len(live))
    again = [one for one in waiting if one.status is ActivationStatus.FAILED and one.id not in tried][: max(0, wanted)]
    failed = len(waiting) - len(live)
    # One that has failed in this run stands for its unit until the next.
    fresh = min(wanted - len(again), line.remaining - work.asked.get(line.line_no, 0) - len(live) - failed)
    named = {one.id for one in again}
    kept = [
        one.moved(ActivationStatus.REQUESTED, attempt=one.attempt + 1, refused=None) if one.id in named else one
        for one in line.activations
    ]
    first = len(kept) + 1
    new = [
        Activation(
            id=activation_id(work.id, line.line_no, number),
            by=line.activation.by,
            status=ActivationStatus.REQUESTED,
            provider=line.activation.provider,
        )
        for number in range(first, first + max(0, fresh))
    ]
    ids = (*(one.id for one in again), *(one.id for one in new))
    return line.model_copy(update={"activations": (*kept, *new)}), ids


def _settle(
    runtime: Runtime,
    providers: Providers,
    tenant: str,
    order: Order,
    work: FulfillmentOrder,
    line: WorkLine,
    activation: Activation,
    *,
    asked: bool,
) -> None:
    provider = providers(activation.provider or "")
    wanted = Wanted(line.sku, order.header.id)
    effect = Effect[Activated | Declined, None](
        ask=lambda: provider.activate(wanted, key=activation.key),
        look_up=lambda: provider.find(activation.key),
        # What is open is looked up by the next run, so a doubt needs no mark of its own.
        doubt=lambda reason: None,
        record=partial(_record, runtime, tenant, work.id, line.line_no, activation),
    )
    perform(Intent(activation.key, f"activation {activation.id}", in_doubt=asked), effect)


def _record(
    runtime: Runtime, tenant: str, work_id: str, line_no: int, activation: Activation, answer: Activated | Declined
) -> None:
    """Record an answer of a provider, unless another run has."""

    def decide() -> Decision:
        order, work = _read(runtime, tenant, work_id)
        line = work.line(line_no)
        current = next(one for one in line.activations if one.id == activation.id)
        if current.status is not ActivationStatus.REQUESTED or current.key != activation.key:
            return Decision([], body={"activation": activation.id})
        more: list[Write] = []
        told: EventData
        if isinstance(answer, Declined):
            after = current.moved(ActivationStatus.FAILED, refused=answer.code)
            names = {"provider": activation.provider or "", "id": activation.id, "refused": answer.code}
            told = ActivationFailed(**_line_ids(work, line), **names)
        else:
            after = current.moved(ActivationStatus.ACTIVATED, activation_id=answer.reference)
            told = completed(work, line, [after])
            more = [code_write(tenant, activation.id, answer.code)] if answer.code else []
        kept = tuple(after if one.id == after.id else one for one in line.activations)
        own = line.model_copy(update={"activations": kept})
        lines = tuple(own if one.line_no == line_no else one for one in work.lines)
        changed = work.model_copy(update={"lines": lines})
        _, writes, drafts = change_order(tenant, order, events=[told], fulfillment_orders=[changed])
        return Decision([*writes, *more], drafts, body={"activation": activation.id})

    execute(runtime, call_from_workflow("record_activation", tenant, activation.key), decide)
