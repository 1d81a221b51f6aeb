"""Goods that customers collect: who may, what they must show, and until when. Pure.

A code is for the customer alone, so only a hash of it is kept, and wrong ones are counted.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import islice

from oms.fulfillment.collection_rules import CollectionRule
from oms.fulfillment.deadlines import has_expired, with_deadline
from oms.fulfillment.model import (
    CollectedBy,
    Collection,
    Deadline,
    DeadlineKind,
    DeadlineStep,
    Do,
    Extension,
    FulfillmentOrder,
    IdDocument,
    Proof,
    ProofKind,
    Status,
)
from oms.fulfillment.request import HandOverRequest
from oms.fulfillment.shipments import ArrivalTimer
from oms.orders.model import Order
from oms.platform.clock import format_instant, parse_instant
from oms.platform.problems import ActionNotAvailable, FieldError, InvalidRequest, Problem
from oms.registry.hours import open_days
from oms.registry.model import Node

CODE_DIGITS = 8
# Who carries goods to a customer has no code of theirs.
COURIER_PROOFS = (ProofKind.SIGNATURE, ProofKind.ID_DOCUMENT)
_DAY = timedelta(days=1)


class ProofMissing(Problem):
    """Nothing was shown that these goods may be handed over for."""

    code = "proof_missing"
    title = "The goods are not handed over without proof of who collects them."
    remedy = "Ask the collector for one of the proofs named in the fulfilment order's collection, and send it."


class ProofWrong(Problem):
    """The code is not the one that the customer was sent."""

    code = "proof_wrong"
    title = "The pickup code is wrong."
    remedy = "Ask for the code again and send it under a new Idempotency-Key, or take another proof."


class ProofLocked(Problem):
    """Too many wrong codes were shown: for a while none is looked at."""

    status = 409
    code = "proof_locked"
    title = "Too many wrong pickup codes were shown; no code is looked at for a while."
    remedy = "Wait until the instant named in detail, or take another proof that the collection allows."


class CollectorUnknown(Problem):
    """The collector is neither the customer nor named by the order."""

    code = "collector_unknown"
    title = "This person may not collect these goods."
    remedy = "Hand the goods to one of those named in the collection's may_collect, or take a proof that needs no name."


class AgeCheckMissing(Problem):
    """Goods are for people of some age only, and nobody has said that the collector is so old."""

    code = "age_check_missing"
    title = "The collector's age was not checked."
    remedy = "Check the collector's age and send it as proof.age_checked, or refuse the units as age_check_failed."


class CollectionOver(ActionNotAvailable):
    """The goods were kept for some time, and that time is over."""

    code = "collection_over"
    title = "The time to collect these goods is over."
    remedy = "Extend the collection first, or let the goods go back to the shelf."


def code_hash(fulfillment_order_id: str, code: str) -> str:
    """What is kept of a code; spaces and hyphens do not count."""
    digits = code.replace(" ", "").replace("-", "")
    return hashlib.sha256(f"{fulfillment_order_id}\x1f{digits}".encode()).hexdigest()


def new_code(chance: str) -> str:
    """A code of eight digits from a text that nobody can guess."""
    number = int.from_bytes(hashlib.sha256(chance.encode()).digest(), "big") % 10**CODE_DIGITS
    return f"{number:0{CODE_DIGITS}d}"


def with_collection(
    rule: CollectionRule, order: Order, work: FulfillmentOrder, node: Node | None, code: str | None, now: datetime
) -> FulfillmentOrder:
    """Work that is ready now with how it is collected; a node that is closed for good counts every day."""
    header = order.header
    customer = [header.customer.name] if header.customer and header.customer.name else []
    collection = Collection(
        may_collect=tuple(dict.fromkeys([*customer, *(one.name for one in header.collectors)])),
        named_only=rule.named_only,
        proofs=rule.proofs,
        code_hash=code and code_hash(work.id, code),
        most_attempts=rule.attempts,
        lock_minutes=rule.lock_minutes,
        remind_days=rule.remind_days,
        late_allowed=rule.late == "allow",
        most_extensions=rule.most_extensions,
        arrival=ArrivalTimer(**rule.arrival.model_dump()) if rule.arrival else None,
    )
    waiting = work.model_copy(update={"collection": collection})
    if rule.open_days is None:
        return waiting
    return _kept_until(waiting, *_open_until(node, now, rule.open_days, rule.remind_days))


def _kept_until(work: FulfillmentOrder, until: datetime, remind_at: datetime | None) -> FulfillmentOrder:
    """The work with the deadline by which its customer must have it."""
    at = format_instant(until)
    steps = [DeadlineStep(do=Do.REMIND_CUSTOMER, at=format_instant(remind_at))] if remind_at else []
    steps.append(DeadlineStep(do=Do.EXPIRE, at=at))
    assert work.collection is not None
    kept = work.model_copy(update={"collection": work.collection.model_copy(update={"pickup_by": at})})
    return with_deadline(kept, Deadline(kind=DeadlineKind.COLLECT, at=at, steps=tuple(steps)))


def _open_until(
    node: Node | None, now: datetime, days: int, remind_days: int | None
) -> tuple[datetime, datetime | None]:
    """When the last of so many open days ends, and when the one begins on which the customer is reminded."""
    found = list(islice(open_days(node, now), days)) if node else []
    if len(found) < days:
        found = [(now + number * _DAY, now + (number + 1) * _DAY) for number in range(days)]
    return found[-1][1], found[max(0, days - 1 - remind_days)][0] if remind_days else None


def extended(
    work: FulfillmentOrder, node: Node | None, days: int, reason: str, by: str, now: datetime
) -> tuple[FulfillmentOrder, Extension]:
    """The work with so many more open days to collect it; the customer is reminded once more.

    Raises ActionNotAvailable for work that waits for nobody or without end, and that was extended too often.
    """
    kept = work.collection
    if work.status is not Status.READY or kept is None or kept.pickup_by is None:
        raise ActionNotAvailable("Only goods that wait for the customer until some day can be kept longer.")
    if len(kept.extensions) >= kept.most_extensions:
        raise ActionNotAvailable(f"The goods were kept longer {len(kept.extensions)} times; more is not allowed.")
    before = parse_instant(kept.pickup_by)
    # The last open day has ended in the night after it: what is counted begins with the day after that one.
    start = max(before - timedelta(seconds=1), now)
    until, reminder = _open_until(node, start, days, kept.remind_days)
    made = Extension(before=kept.pickup_by, pickup_by=format_instant(until), reason=reason, by=by)
    longer = kept.model_copy(update={"extensions": (*kept.extensions, made)})
    return _kept_until(work.model_copy(update={"collection": longer}), until, reminder), made


def refuse_late(work: FulfillmentOrder, now: datetime) -> None:
    """Refuse to hand over goods whose time is over, where the rule says so."""
    if work.collection is not None and not work.collection.late_allowed and has_expired(work, now):
        raise CollectionOver(f"They were kept until {work.collection.pickup_by}.")


def checked(
    work: FulfillmentOrder, leaving: Mapping[int, int], request: HandOverRequest, checked_by: str, now: datetime
) -> Proof | None:
    """What was proved by whoever collects units; None where nothing is known of them.

    Raises ProofMissing, ProofWrong, ProofLocked, CollectorUnknown or AgeCheckMissing where it is not enough.
    """
    kept = work.collection or Collection()
    shown = request.proof
    collected_by = _collected_by(kept, request)
    kinds = []
    if shown.code is not None and kept.code_hash is not None:
        if kept.locked_until is not None and now < parse_instant(kept.locked_until):
            raise ProofLocked(f"It is locked until {kept.locked_until}.", pointer="/proof/code")
        if not hmac.compare_digest(kept.code_hash, code_hash(work.id, shown.code)):
            raise ProofWrong(pointer="/proof/code")
        kinds.append(ProofKind.CODE)
    kinds += [ProofKind.ID_DOCUMENT] if shown.id_document else []
    kinds += [ProofKind.SIGNATURE] if shown.signature else []
    _require(kept, collected_by, kinds, request.collector)
    _require_age(work, leaving, shown.age_checked)
    if request.collector is None:
        if kinds or shown.age_checked is not None:
            raise InvalidRequest(errors=[FieldError("/collector", "required", "a proof is of somebody: give the name")])
        return None
    document = shown.id_document
    return Proof(
        collector=request.collector,
        collected_by=collected_by,
        kinds=tuple(kinds),
        id_document=IdDocument(kind=document.kind, last_digits=document.last_digits) if document else None,
        signature=shown.signature,
        age_checked=shown.age_checked,
        checked_by=checked_by,
    )


def _collected_by(kept: Collection, request: HandOverRequest) -> CollectedBy:
    if request.collected_by is not None:
        return request.collected_by
    is_customer = not kept.may_collect or _same(request.collector, kept.may_collect[0])
    return CollectedBy.CUSTOMER if is_customer else CollectedBy.ALTERNATE


def _require(kept: Collection, collected_by: CollectedBy, kinds: list[ProofKind], collector: str | None) -> None:
    wanted = COURIER_PROOFS if collected_by is CollectedBy.COURIER and kept.proofs else kept.proofs
    fitting = [kind for kind in kinds if kind in wanted]
    if wanted and not fitting:
        raise ProofMissing(f"One of {', '.join(wanted)} is needed.", pointer="/proof")
    if collected_by is CollectedBy.COURIER or not kept.may_collect:
        return
    by_name = kept.named_only or (fitting and set(fitting) == {ProofKind.ID_DOCUMENT})
    if by_name and not any(_same(collector, name) for name in kept.may_collect):
        raise CollectorUnknown(pointer="/collector")


def _require_age(work: FulfillmentOrder, leaving: Mapping[int, int], age: int | None) -> None:
    ages = [line.minimum_age for line in work.lines if line.minimum_age is not None and leaving.get(line.line_no)]
    if ages and (age is None or age < max(ages)):
        raise AgeCheckMissing(f"The collector must be at least {max(ages)}.", pointer="/proof/age_checked")


def _same(first: str | None, second: str) -> bool:
    return first is not None and " ".join(first.split()).casefold() == " ".join(second.split()).casefold()


def with_wrong_code(work: FulfillmentOrder, now: datetime) -> tuple[FulfillmentOrder, int]:
    """The work after one more wrong code, and the how-manieth since it was last locked; too many lock it."""
    kept = work.collection or Collection()
    attempts = kept.attempts + 1
    changes: dict[str, object] = {"attempts": attempts}
    if attempts >= kept.most_attempts:
        until = now + timedelta(minutes=kept.lock_minutes)
        changes = {"attempts": 0, "locked_until": format_instant(until)}
    return work.model_copy(update={"collection": kept.model_copy(update=changes)}), attempts
