"""The verbs of drafts: make, edit, share and submit. A draft ends in the transaction of the order that it becomes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from oms.drafts.events import DraftChanged, DraftMade, DraftPlaced, DraftShared
from oms.drafts.model import LINK_PURPOSE, Draft, DraftOver
from oms.drafts.requests import DraftRequest, PayDraft, SubmitDraft
from oms.drafts.store import changed_draft, draft_key, existing_draft, new_draft
from oms.drafts.views import DraftLink, draft_view
from oms.orders.commands import check_request, place_order
from oms.orders.request import OrderRequest, PaymentRequest, TaxMode
from oms.platform.clock import format_instant
from oms.platform.commands import Call, Decision, Outcome, Runtime, execute, input_hash
from oms.platform.events import EventData, EventDraft
from oms.platform.links import Place, hash_of, link_write, new_name
from oms.platform.principal import Principal, authorize
from oms.platform.problems import ExternalIdTaken, FieldError, InvalidRequest, StaleVersion
from oms.platform.writes import Write

WRITE = "orders.write"


def make_draft(runtime: Runtime, call: Call, request: DraftRequest) -> Outcome:
    """Keep an order as a draft, with its sums checked and nothing held; the answer is a DraftView.

    Raises InvalidRequest or TooLarge as placing it would.
    """
    authorize(call.principal, WRITE, draft_key(call.tenant, "").pk, channel=request.channel)
    check_request(runtime, call, request)

    def decide() -> Decision:
        now = runtime.clock.now()
        draft = Draft(
            id=runtime.ids.new("drf"),
            quote_number=request.quote_number,
            created_at=format_instant(now),
            created_by=call.principal.actor,
            valid_until=format_instant(now + timedelta(days=request.valid_days)),
            order=request.order,
        )
        body = draft_view(draft, format_instant(now)).model_dump(mode="json")
        return Decision([new_draft(call.tenant, draft)], [_told(draft, _made(draft))], status=201, body=body)

    return execute(runtime, call, decide)


def edit_draft(runtime: Runtime, call: Call, draft_id: str, request: DraftRequest) -> Outcome:
    """Replace the content of a draft, which is valid anew from now on; the answer is a DraftView.

    Raises InvalidRequest without If-Match and for another channel, StaleVersion, and DraftOver where it has ended.
    """
    check_request(runtime, call, request)

    def decide() -> Decision:
        now = runtime.clock.now()
        before = _open_draft(runtime, call, draft_id)
        if call.expected_version is None:
            detail = f"send If-Match with its version, {before.version}"
            raise InvalidRequest(errors=[FieldError("/header/If-Match", "required", detail)])
        if request.channel != before.order.channel:
            raise InvalidRequest(errors=[FieldError("/channel", "not_allowed", "a draft stays with its channel")])
        changed = {
            "version": before.version + 1,
            "quote_number": request.quote_number,
            "valid_until": format_instant(now + timedelta(days=request.valid_days)),
            "order": request.order,
        }
        draft = before.model_copy(update=changed)
        told = DraftChanged(**_made(draft).model_dump())
        body = draft_view(draft, format_instant(now)).model_dump(mode="json")
        return Decision([changed_draft(call.tenant, draft)], [_told(draft, told)], body=body)

    return execute(runtime, call, decide)


def share_draft(runtime: Runtime, call: Call, draft_id: str) -> Outcome:
    """Make a link on which the customer sees the draft and pays it, for as long as the draft is valid by now."""

    def decide() -> Decision:
        before = _open_draft(runtime, call, draft_id)
        draft = before.model_copy(update={"version": before.version + 1})
        name = new_name(runtime.ids, call.tenant, "drl")
        place = Place(tenant=call.tenant, order_id=draft.id, about=draft.id, expires_at=draft.valid_until)
        link = DraftLink(name=name, path=f"/v1/draft-links/{name}", expires_at=draft.valid_until)
        writes = [changed_draft(call.tenant, draft), link_write(LINK_PURPOSE, name, place)]
        told = DraftShared(draft_id=draft.id, expires_at=draft.valid_until)
        return Decision(writes, [_told(draft, told)], status=201, body=link.model_dump())

    return execute(runtime, call, decide)


def submit_draft(runtime: Runtime, call: Call, draft_id: str, request: SubmitDraft) -> Outcome:
    """Place a draft as an order, exactly once, with the prices that it has; the answer is an OrderSummary.

    Raises what placing an order does, and DraftOver where it has ended.
    """
    order = _seen(runtime, call, draft_id).order
    if request.payments is not None:
        order = order.model_copy(update={"payments": request.payments})
    return _place(runtime, call, draft_id, order)


def pay_draft(runtime: Runtime, call: Call, place: Place, name: str, request: PayDraft) -> Outcome:
    """A customer pays a draft by its link, which places it: the same order however often and at once it is asked.

    Raises what placing an order does, and DraftOver where it has ended, also by another card.
    """
    draft = existing_draft(runtime.database, place.tenant, place.about)
    whole = (draft.order.totals.total or None) if draft.order.tax_mode is TaxMode.EXTERNAL_AMOUNT else None
    payment = PaymentRequest(tender=request.tender, provider=request.provider, token=request.token, amount=whole)
    # A customer may place this very order; and keys that customers choose are their own for each link.
    customer = Principal(place.tenant, "customer", "customer", frozenset({WRITE}))
    own = replace(call, principal=customer, key=f"{call.key}#{hash_of(name)}")
    payments = (payment,) if draft.order.totals.total else ()
    return _place(runtime, own, draft.id, draft.order.model_copy(update={"payments": payments}))


def _place(runtime: Runtime, call: Call, draft_id: str, order: OrderRequest) -> Outcome:
    own = replace(call, input_hash=input_hash(["", order.model_dump(mode="json")]), expected_version=None)

    def end(order_id: str) -> tuple[list[Write], list[EventDraft]]:
        before = _open_draft(runtime, call, draft_id)
        if before.order.model_copy(update={"payments": order.payments}) != order:
            raise StaleVersion("The draft was changed while it was being placed.")
        after = before.model_copy(update={"version": before.version + 1, "order_id": order_id})
        told = DraftPlaced(draft_id=draft_id, order_id=order_id, external_id=order.external_id)
        return [changed_draft(call.tenant, after)], [_told(after, told)]

    try:
        return place_order(runtime, own, order, comes_from=end)
    except ExternalIdTaken as taken:
        if existing_draft(runtime.database, call.tenant, draft_id).order_id is None:
            raise
        # What it became was paid in another way.
        raise DraftOver(taken.detail) from taken


def _seen(runtime: Runtime, call: Call, draft_id: str) -> Draft:
    """A draft of the caller's channel as it is now."""
    draft = existing_draft(runtime.database, call.tenant, draft_id)
    authorize(call.principal, WRITE, draft_key(call.tenant, draft_id).pk, channel=draft.order.channel)
    return draft


def _open_draft(runtime: Runtime, call: Call, draft_id: str) -> Draft:
    draft = _seen(runtime, call, draft_id)
    draft.require_open(format_instant(runtime.clock.now()))
    if call.expected_version is not None and call.expected_version != draft.version:
        raise StaleVersion(f"The draft is at version {draft.version}.")
    return draft


def _made(draft: Draft) -> DraftMade:
    return DraftMade(
        draft_id=draft.id,
        external_id=draft.order.external_id,
        quote_number=draft.quote_number,
        currency=draft.order.currency,
        total=draft.order.totals.total,
        line_count=len(draft.order.lines),
        valid_until=draft.valid_until,
    )


def _told(draft: Draft, data: EventData) -> EventDraft:
    return EventDraft(f"DRAFT#{draft.id}", draft.version, data, channel=draft.order.channel)
