"""Buying labels and giving them back: a command for the wish, an effect at the carrier, a command for its answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

from oms.carriers.label_rows import draft_key, keep_draft, load_draft, open_labels, opened_write, settled_write
from oms.carriers.labels import OPEN, NoCarrierService, all_labels, ended, requested, void_ended, void_requested
from oms.carriers.port import Carrier, Declined, Draft, NoTrace, Place, Rate, Size, Sold, TakenBack, Unknown, Wanted
from oms.carriers.requests import LabelRequest, PackageSize
from oms.carriers.views import LabelView, label_view
from oms.fulfillment.finding import READ, WRITE, own_work, require_own_node
from oms.fulfillment.model import FulfillmentOrder
from oms.orders.model import Order
from oms.orders.request import Address
from oms.orders.store import load_order
from oms.orders.writes import change_order
from oms.platform.clock import format_instant, parse_instant
from oms.platform.commands import Call, Decision, Outcome, Runtime, execute
from oms.platform.consumers import call_from_workflow
from oms.platform.dynamodb import Database
from oms.platform.effects import Effect, Intent, perform
from oms.platform.events import EventData
from oms.platform.ids import parent_id
from oms.platform.observability import logger
from oms.platform.principal import Principal
from oms.platform.problems import ActionNotAvailable, Busy, NotFound
from oms.platform.writes import Write
from oms.registry.hours import business_date_of
from oms.registry.model import Node
from oms.registry.reads import node_as_it_is
from oms.rulesets.reads import live_rules
from oms.sourcing import rates
from oms.sourcing.rates import CarrierService, Label, LabelStatus, RateCard

Carriers = Callable[[str], Carrier]
# A call of a node is over by then, and with it its own run.
OWN_RUN = timedelta(minutes=2)


def request_label(runtime: Runtime, call: Call, fulfillment_order_id: str, request: LabelRequest) -> Outcome:
    """Store the wish for the label of a package; `buy_label` brings it to its end. The answer is a LabelView."""

    def decide() -> Decision:
        order, work = _own_work(runtime, call.principal, WRITE, fulfillment_order_id, call.expected_version)
        by = carrier_service(runtime.database, call.tenant, request.service or work.service)
        now = format_instant(runtime.clock.now())
        after, label, told = requested(order, work, request, by, now)
        return _decision(call.tenant, order, after, label, told, opened_at=now, status=201)

    return execute(runtime, call, decide)


def request_void(runtime: Runtime, call: Call, label_id: str) -> Outcome:
    """Store the wish to give a label back; `void_label` brings it to its end. The answer is a LabelView."""

    def decide() -> Decision:
        order, work, label = own_label(runtime, call.principal, WRITE, label_id, call.expected_version)
        after, voided, told = void_requested(order, work, label)
        # Loaded where a label is bought or given back: most calls of a node are about neither.
        from oms.carriers.manifest_rows import given_back_write, load_bought
        from oms.carriers.manifests import LabelManifested

        bought = load_bought(runtime.database, call.tenant, label_id)
        if bought is not None and bought.manifest_id is not None:
            raise LabelManifested(f"The manifest {bought.manifest_id} has it.")
        now = format_instant(runtime.clock.now())
        given_back = [given_back_write(call.tenant, bought)] if bought is not None else []
        return _decision(call.tenant, order, after, voided, told, given_back, opened_at=now)

    return execute(runtime, call, decide)


def settle_label(runtime: Runtime, carriers: Carriers, tenant: str, label_id: str) -> None:
    """Bring what is open of a label to its end: it is bought, or given back, once however often this is called.

    Raises TransientFailure while nobody knows how the carrier ended it.
    """
    order, work, label = _label(load_order(runtime.database, tenant, parent_id("ord", label_id)), label_id)
    if label.status is LabelStatus.REQUESTED:
        _buy(runtime, carriers, tenant, order, work, label)
    elif label.status is LabelStatus.VOID_REQUESTED:
        _void(runtime, carriers, tenant, order.header.version, label)


def settle_open_labels(runtime: Runtime, carriers: Carriers, tenant: str) -> int:
    """Take up every label that its own call left open; answers how many came to an end. One harms no other."""
    done = 0
    for label_id, since in list(open_labels(runtime.database, tenant)):
        if runtime.clock.now() - parse_instant(since) < OWN_RUN:
            continue
        try:
            settle_label(runtime, carriers, tenant, label_id)
            done += 1
        except Exception as error:  # noqa: BLE001
            # Whatever it is, the label stays listed and the others get their turn.
            logger().exception("label not settled", label_id=label_id, error_type=type(error).__name__)
    return done


def see_label(runtime: Runtime, principal: Principal, label_id: str) -> LabelView:
    """A label as it is; one of another node or tenant raises NotFound."""
    order, _, label = own_label(runtime, principal, READ, label_id)
    return label_view(label, order.header.version)


def ask_rates(
    runtime: Runtime, carriers: Carriers, principal: Principal, fulfillment_order_id: str, size: PackageSize, by: str
) -> list[Rate]:
    """What each service would cost for a package of some work; nothing is stored, here or there."""
    order, work = _own_work(runtime, principal, READ, fulfillment_order_id)
    answer = carriers(by).rates(_wanted(runtime, principal.tenant, order, work, size))
    if isinstance(answer, Unknown):
        raise Busy("The carrier did not answer; nothing was asked of it that lasts.")
    if isinstance(answer, Declined):
        raise ActionNotAvailable(f"The carrier says {answer.code}.")
    return sorted(answer, key=lambda rate: (rate.amount, rate.carrier, rate.service))


def _buy(runtime: Runtime, carriers: Carriers, tenant: str, order: Order, work: FulfillmentOrder, label: Label) -> None:
    carrier = carriers(label.provider)
    wanted = _wanted(runtime, tenant, order, work, label, reference=f"{tenant}/{label.id}", form=label.format)

    def ask() -> Sold | Declined | Unknown:
        draft = load_draft(runtime.database, draft_key(tenant, label.id))
        if draft is None:
            made = carrier.draft(wanted, label.carrier, label.carrier_service)
            if not isinstance(made, Draft):
                return made
            # Two runs may each have made one: only the one that is stored is ever bought.
            draft = keep_draft(runtime.database, draft_key(tenant, label.id), made)
        return carrier.buy(draft)

    def look_up() -> Sold | Declined | Unknown | NoTrace:
        draft = load_draft(runtime.database, draft_key(tenant, label.id))
        return NoTrace() if draft is None else carrier.find(draft)

    def record(answer: Sold | Declined) -> None:
        draft = load_draft(runtime.database, draft_key(tenant, label.id))
        reference = draft.reference if draft else None
        _record(runtime, tenant, label.id, order.header.version, "buy", lambda w, one: ended(w, one, answer, reference))

    # A label that is open stays listed until its answer is recorded, so a doubt needs no mark of its own.
    intent = Intent(label.id, f"label {label.id}", may_ask=not work.is_closed)
    if isinstance(perform(intent, Effect(ask, look_up, lambda reason: None, record)), NoTrace):
        record(Declined("work_is_over"))


def _void(runtime: Runtime, carriers: Carriers, tenant: str, version: int, label: Label) -> None:
    carrier, draft = carriers(label.provider), load_draft(runtime.database, draft_key(tenant, label.id))
    assert draft is not None, "what was bought was bought on a draft"

    def record(answer: TakenBack | Declined) -> None:
        _record(runtime, tenant, label.id, version, "void", lambda w, one: void_ended(w, one, answer))

    effect = Effect[TakenBack | Declined, None](
        lambda: carrier.void(draft), lambda: carrier.find_void(draft), lambda reason: None, record
    )
    perform(Intent(f"{label.id}:void", f"void of label {label.id}"), effect)


def _record(
    runtime: Runtime,
    tenant: str,
    label_id: str,
    version: int,
    what: str,
    end: Callable[[FulfillmentOrder, Label], tuple[FulfillmentOrder, Label, EventData]],
) -> None:
    """Record an answer of the carrier, unless another run has; a label can be voided again after a refusal."""

    def decide() -> Decision:
        order, work, label = _label(load_order(runtime.database, tenant, parent_id("ord", label_id)), label_id)
        if label.status not in OPEN:
            return Decision([], body={"done": "nothing"})
        after, moved, told = end(work, label)
        return _decision(tenant, order, after, moved, told, _waits_for_manifest(runtime, tenant, after, moved))

    # A label may be voided once more after a refusal: then its order is at another version.
    execute(runtime, call_from_workflow(f"{what}_label", tenant, f"{label_id}#{version}"), decide)


def _decision(
    tenant: str,
    order: Order,
    work: FulfillmentOrder,
    label: Label,
    told: EventData,
    more: Sequence[Write] = (),
    *,
    opened_at: str | None = None,
    status: int = 200,
) -> Decision:
    after, writes, drafts = change_order(tenant, order, events=[told], fulfillment_orders=[work])
    listed = opened_write(tenant, label.id, opened_at) if opened_at else settled_write(tenant, label.id)
    return Decision(
        [*writes, listed, *more], drafts, status, label_view(label, after.header.version).model_dump(mode="json")
    )


def _waits_for_manifest(runtime: Runtime, tenant: str, work: FulfillmentOrder, label: Label) -> list[Write]:
    """A label that was bought waits for the manifest of the day on which its node asked for it."""
    node = node_as_it_is(runtime.database, tenant, work.node_id, runtime.clock.now())
    if label.status is not LabelStatus.BOUGHT or node is None or label.reference is None:
        return []
    from oms.carriers.manifest_rows import bought_write, place_of
    from oms.carriers.manifests import ManifestedLabel

    date = business_date_of(node, parse_instant(label.requested_at))
    place = place_of(tenant, work.node_id, label.provider, label.carrier, date)
    number = label.tracking_number or ""
    own = ManifestedLabel(label_id=label.id, tracking_number=number, reference=label.reference)
    return [bought_write(tenant, own, place)]


def _wanted(
    runtime: Runtime,
    tenant: str,
    order: Order,
    work: FulfillmentOrder,
    size: PackageSize | Label,
    *,
    reference: str = "",
    form: str = "pdf",
) -> Wanted:
    node = node_as_it_is(runtime.database, tenant, work.node_id, runtime.clock.now())
    group = next((one for one in order.header.groups if one.group_no == work.group_no), None)
    to = group.ship_to if group else None
    if node is None or to is None:
        raise ActionNotAvailable("No parcel leaves without the address of its node and of its customer.")
    sides = (size.weight_grams, size.length_mm, size.width_mm, size.height_mm)
    return Wanted(sender_of(node), _recipient(to), Size(*sides), reference, "zpl" if form == "zpl" else "pdf")


def sender_of(node: Node) -> Place:
    """From where parcels of a node leave."""
    own = node.address
    known = (own.lines, own.city, own.region or "", own.postal_code or "", own.country)
    return Place(node.name, *known, _phone(node.contact))


def _phone(contact: object) -> str:
    return getattr(contact, "phone", None) or ""


def _recipient(to: Address) -> Place:
    lines = (to.street,) if to.street else ()
    return Place(to.name or "", lines, to.city or "", to.region or "", to.postal_code or "", to.country, to.phone or "")


def _own_work(
    runtime: Runtime, principal: Principal, permission: str, work_id: str, version: int | None = None
) -> tuple[Order, FulfillmentOrder]:
    """Work that is this caller's node's; not what is only offered to it."""
    order = load_order(runtime.database, principal.tenant, parent_id("ord", work_id))
    found, work = own_work(order, principal, permission, work_id, version)
    require_own_node(principal, work)
    return found, work


def own_label(
    runtime: Runtime, principal: Principal, permission: str, label_id: str, version: int | None = None
) -> tuple[Order, FulfillmentOrder, Label]:
    """A label of this caller's node with its order and work; one of another node or tenant raises NotFound."""
    order, work, label = _label(load_order(runtime.database, principal.tenant, parent_id("ord", label_id)), label_id)
    try:
        _own_work(runtime, principal, permission, work.id, version)
    except NotFound as hidden:
        raise NotFound(f"There is no label {label_id}.") from hidden
    return order, work, label


def _label(order: Order | None, label_id: str) -> tuple[Order, FulfillmentOrder, Label]:
    for work, label in all_labels(order) if order else ():
        if order is not None and label.id == label_id:
            return order, work, label
    raise NotFound(f"There is no label {label_id}.")


def carrier_service(database: Database, tenant: str, service: str | None) -> CarrierService:
    """What a carrier calls a service of a rate card that holds now; NoCarrierService where no card says it."""
    for card in live_rules(database, tenant, rates.KIND, RateCard):
        for one in card.content.services:
            if one.id == service and one.ships_by is not None:
                return one.ships_by
    raise NoCarrierService(f"No rate card says how labels of {service or 'no service'} are bought.", pointer="/service")
