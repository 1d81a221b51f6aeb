"""Issuing gift cards and store credit, and recognising what will not be used. Each is one transaction."""

from __future__ import annotations

from oms.drawers.sales import CardSale, take_cash_of_card
from oms.platform.commands import Call, Decision, Outcome, Runtime, execute
from oms.platform.events import EventDraft
from oms.platform.principal import authorize
from oms.platform.problems import FieldError, InvalidRequest, StaleVersion
from oms.platform.writes import Write
from oms.registry.reads import named_node
from oms.stored_value.events import GiftCardBreakageRecognized, IssueTender
from oms.stored_value.model import Kind, Movement, MovementKind, Reason, State, card_id
from oms.stored_value.problems import BalanceTooLow, CardExists, NotYetBreakage
from oms.stored_value.requests import BreakageReason, IssueCard, PaidWith, RecognizeBreakage
from oms.stored_value.store import load_account
from oms.stored_value.views import card_document, known_card
from oms.stored_value.writes import account_event, account_key, breakage_writes, issue

SELL, GRANT, BREAK = "gift_cards.write", "gift_cards.grant", "finance.write"


def issue_card(runtime: Runtime, call: Call, request: IssueCard) -> Outcome:
    """Issue a gift card or store credit, sold for exactly what its tenders sum up to, or granted for nothing.

    Cash goes into the drawer whose session is named. Raises ScopeMissing where the caller may not grant, CardExists for
    a number that was issued before, and InvalidRequest for a session of another store, currency or business date.
    """
    _refuse_nonsense(request)
    prefix = "gft" if request.kind is Kind.GIFT_CARD else "crd"

    def decide() -> Decision:
        now = runtime.clock.now()
        numbered = card_id(call.tenant, request.number) if request.number else None
        account_id = numbered or runtime.ids.new(prefix)
        permission = SELL if request.reason is Reason.SOLD else GRANT
        authorize(
            *(call.principal, permission, account_key(call.tenant, account_id).pk),
            node=request.selling_node,
            # A store sells at its own till, whatever channel that is.
            channel=None if call.principal.nodes else request.channel,
        )
        known = (runtime.database, call.tenant, now)
        node = named_node(*known, request.selling_node, "/selling_node")
        issuer = named_node(*known, request.issuer_node, "/issuer_node") if request.issuer_node else node
        if numbered and load_account(runtime.database, call.tenant, numbered) is not None:
            raise CardExists(pointer="/number")
        day, cash, moved = _drawer(runtime, call, request, account_id)
        account, writes, told = issue(
            call.tenant,
            account_id=account_id,
            movement_id=runtime.ids.new("svm"),
            kind=request.kind,
            reason=request.reason,
            amount=request.amount,
            currency=request.currency,
            legal_entity=issuer.legal_entity,
            store=issuer.id,
            channel=request.channel,
            now=now,
            expires_on=request.expires_on,
            tenders=tuple(
                IssueTender(tender=one.tender.value, amount=one.amount, provider=one.provider, reference=one.reference)
                for one in request.tenders
            ),
            session_id=request.session_id,
            business_date=day,
            seller=(node.legal_entity, node.id) if node.legal_entity != issuer.legal_entity else None,
        )
        return Decision([*writes, *cash], [told, *moved], status=201, body=card_document(account, now))

    return execute(runtime, call, decide)


def recognize_breakage(runtime: Runtime, call: Call, account_id: str, request: RecognizeBreakage) -> Outcome:
    """Recognise what is free of an expired or dormant card as income; what tenders hold is never touched.

    Raises NotYetBreakage for any other card, and BalanceTooLow for more than is free.
    """

    def decide() -> Decision:
        account = known_card(runtime, call.principal, BREAK, account_id)
        now = runtime.clock.now()
        if call.expected_version not in (None, account.version):
            raise StaleVersion(f"The card has version {account.version}.")
        expired = account.state(now) is State.EXPIRED
        if not (expired if request.reason is BreakageReason.EXPIRED else account.is_dormant(now)):
            raise NotYetBreakage(pointer="/reason")
        amount = request.amount or account.available
        if not 0 < amount <= account.available:
            raise BalanceTooLow(pointer="/amount")
        moved = Movement(
            id=runtime.ids.new("svm"),
            kind=MovementKind.BREAKAGE,
            amount=amount,
            at=now,
            reference=request.reason.value,
        )
        told = GiftCardBreakageRecognized(
            card_id=account.id,
            kind=account.kind.value,
            currency=account.currency,
            legal_entity=account.legal_entity,
            store=account.store,
            channel=account.channel,
            amount=amount,
            breakage_id=moved.id,
            reason=request.reason.value,
        )
        after = account.model_copy(update={"available": account.available - amount, "version": account.version + 1})
        body = {**card_document(after, now), "breakage_id": moved.id, "recognized": amount}
        return Decision(breakage_writes(call.tenant, account, moved), [account_event(account, told)], body=body)

    return execute(runtime, call, decide)


def _drawer(
    runtime: Runtime, call: Call, request: IssueCard, account_id: str
) -> tuple[str | None, list[Write], list[EventDraft]]:
    """The cash goes into the session that is named, which from now on expects it: its date, and what changes of it."""
    if request.session_id is None:
        return None, [], []
    sale = CardSale(
        card_id=account_id,
        session_id=request.session_id,
        node_id=request.selling_node,
        currency=request.currency,
        amount=sum(one.amount for one in request.tenders if one.tender is PaidWith.CASH),
        business_date=request.business_date,
    )
    day, writes, events = take_cash_of_card(
        runtime, call.tenant, sale, actor=call.principal.actor, pointer="/session_id"
    )
    return day.isoformat(), writes, events


def _refuse_nonsense(request: IssueCard) -> None:
    """Sums and combinations that make no sense raise InvalidRequest."""
    errors = []
    if request.reason is Reason.REFUND:
        errors.append(FieldError("/reason", "not_allowed", "a card for a refund is issued by the refund itself"))
    paid = sum(one.amount for one in request.tenders)
    if request.reason is Reason.SOLD and paid != request.amount:
        detail = f"stated {request.amount}, but the tenders add up to {paid}"
        errors.append(FieldError("/amount", "sum_mismatch", detail))
    if request.reason is not Reason.SOLD and request.tenders:
        errors.append(FieldError("/tenders", "not_allowed", "only a card that is sold is paid for"))
    if request.kind is Kind.STORE_CREDIT and request.reason is Reason.SOLD:
        errors.append(FieldError("/kind", "not_allowed", "store credit is not sold"))
    if request.kind is Kind.STORE_CREDIT and request.number is not None:
        errors.append(FieldError("/number", "not_allowed", "store credit has no number"))
    if len({one.provider for one in request.tenders if one.provider}) > 1:
        errors.append(FieldError("/tenders", "repeated", "one payment provider for a card"))
    if request.session_id is not None and all(one.tender is not PaidWith.CASH for one in request.tenders):
        errors.append(FieldError("/session_id", "not_allowed", "only cash goes into a drawer"))
    if request.business_date is not None and request.session_id is None:
        errors.append(FieldError("/business_date", "not_allowed", "it is that of the drawer; name its session"))
    if errors:
        raise InvalidRequest(errors=errors)
