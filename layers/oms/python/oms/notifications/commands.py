"""A milestone becomes a notice, and a person asks for one again. Each is one transaction; nothing is sent by it."""

from __future__ import annotations

from oms.notifications.milestones import Told, reached
from oms.notifications.model import Cause, Milestone, Notice, Status, Why, notice_id
from oms.notifications.reads import rules_for
from oms.notifications.requests import ResendNotice
from oms.notifications.rules import NoticeRules
from oms.notifications.store import load_notice, notice_write
from oms.notifications.views import notice_document
from oms.notifications.writes import told as told_of
from oms.orders.model import Order, status
from oms.orders.model import Status as OrderStatus
from oms.orders.store import existing_order
from oms.platform.clock import format_instant
from oms.platform.commands import Call, Decision, Outcome, Runtime, execute
from oms.platform.consumers import Event, call_from_event
from oms.platform.ids import derived_id
from oms.platform.problems import ActionNotAvailable, NotFound, Problem, StaleVersion


class NoAddress(Problem):
    status = 409
    code = "notice_without_address"
    title = "The order names no e-mail address."
    remedy = "Reach the customer in another way; an address belongs to the order when it is placed."


def queue_notice(runtime: Runtime, event: Event) -> Outcome:
    """Keep the notice of the milestone that an event is: one for each, however many events say it.

    It is QUEUED with the event that has it sent, or SUPPRESSED with its reason. An event that is no milestone of its
    order changes nothing.
    """
    order_id, tenant = str(event.data["order_id"]), event.tenant
    call = call_from_event("queue_notice", event)

    def decide() -> Decision:
        order = existing_order(runtime.database, tenant, order_id)
        told = Told(event.type, int(event.meta["sequence"]), str(event.meta["causation_id"]), event.data)
        found = reached(told, order)
        if found is None:
            return Decision([])
        name = notice_id(tenant, order_id, found.family, found.subject)
        if load_notice(runtime.database, tenant, order_id, name) is not None:
            return Decision([])
        why = silenced(order, found.milestone, rules_for(runtime.database, tenant, order.header.channel))
        notice = Notice(
            id=name,
            order_id=order_id,
            milestone=found.milestone,
            subject=found.subject,
            cause=Cause(type=event.type, entity=str(event.meta["entity"]), sequence=told.sequence),
            channel=order.header.channel,
            legal_entity=order.header.legal_entity,
            locale=order.header.locale,
            status=Status.SUPPRESSED if why else Status.QUEUED,
            reason=why.value if why else None,
            created_at=format_instant(runtime.clock.now()),
            ended_at=format_instant(runtime.clock.now()) if why else None,
        )
        return Decision([notice_write(tenant, notice, None)], [told_of(notice)], status=201)

    return execute(runtime, call, decide)


def resend_notice(runtime: Runtime, call: Call, order_id: str, name: str, request: ResendNotice) -> Outcome:
    """Send a notice again because a person asks: a notice of its own about the same.

    Raises NotFound, NoAddress where the order names none, ActionNotAvailable while the notice is still to be sent, and
    StaleVersion where it is not at the version that the call names.
    """

    def decide() -> Decision:
        order = existing_order(runtime.database, call.tenant, order_id)
        notice = load_notice(runtime.database, call.tenant, order_id, name)
        if notice is None:
            raise NotFound(f"There is no notice {name} of {order_id}.")
        if call.expected_version not in (None, notice.version):
            raise StaleVersion(f"The notice is at version {notice.version}.")
        if not notice.available_actions:
            raise ActionNotAvailable("The notice is still to be sent.")
        if address_of(order) is None:
            raise NoAddress()
        again = Notice(
            id=derived_id("ntc", call.tenant, order_id, notice.id, call.key),
            order_id=order_id,
            milestone=notice.milestone,
            subject=notice.subject,
            cause=notice.cause,
            channel=notice.channel,
            legal_entity=notice.legal_entity,
            locale=request.locale or order.header.locale,
            created_at=format_instant(runtime.clock.now()),
            resend_of=notice.resend_of or notice.id,
            asked_by=call.principal.actor,
        )
        writes = [notice_write(call.tenant, again, None)]
        return Decision(writes, [told_of(again)], status=201, body=notice_document(again))

    return execute(runtime, call, decide)


def address_of(order: Order) -> str | None:
    """The e-mail address of an order's customer; what can be no address is none."""
    email = order.header.customer.email if order.header.customer else None
    name, at, host = (email or "").strip().rpartition("@")
    return f"{name}@{host}" if at and name and "." in host and not set(email or "") & set(" <>,;\r\n") else None


def silenced(order: Order, milestone: Milestone, rules: NoticeRules) -> Why | None:
    """Why nobody is to hear of a milestone now; None where the customer is."""
    if not rules.tells(milestone):
        return Why.SWITCHED_OFF
    if milestone is Milestone.PARTLY_CANCELLED and status(order) is OrderStatus.CANCELLED:
        return Why.OVERTAKEN
    if milestone is Milestone.PAY_LINK and rules.pay_page is None:
        return Why.NO_PAY_PAGE
    if milestone is Milestone.CHOICE and rules.choice_page is None:
        return Why.NO_CHOICE_PAGE
    return Why.NO_ADDRESS if address_of(order) is None else None
