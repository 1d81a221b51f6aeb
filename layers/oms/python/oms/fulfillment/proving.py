"""Counting wrong pickup codes: the refusal changes nothing of the hand-over, but each wrong code is noted once.

A wrong code is answered only after it was noted, so that many calls at once learn no more than as many one by one.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from oms.fulfillment.collecting import ProofLocked, ProofWrong, with_wrong_code
from oms.fulfillment.collection_events import FulfillmentOrderProofRefused
from oms.fulfillment.finding import WRITE, find_work
from oms.fulfillment.model import Status
from oms.fulfillment.request import ActionRequest, HandOverRequest
from oms.fulfillment.writes import work_ids
from oms.orders.writes import change_order
from oms.platform.clock import parse_instant
from oms.platform.commands import Call, Decision, Outcome, Runtime, execute, find_outcome


@contextmanager
def wrong_codes_counted(
    runtime: Runtime, call: Call, fulfillment_order_id: str, request: ActionRequest
) -> Iterator[None]:
    """Note the wrong code of a hand-over that is refused for it, once for each call; the refusal goes on.

    A repeat of a call that was refused so is refused again. Raises ProofLocked where the code was locked meanwhile.
    """
    if not isinstance(request, HandOverRequest) or request.proof.code is None:
        yield
        return
    note = replace(call, command="note_wrong_code", expected_version=None)
    noted = find_outcome(runtime, note)
    if noted is not None:
        raise _refusal(noted)
    try:
        yield
    except ProofWrong as wrong:
        raise _refusal(_note(runtime, note, fulfillment_order_id)) from wrong


def _refusal(noted: Outcome) -> ProofWrong | ProofLocked:
    if noted.body["was_locked"]:
        return ProofLocked(f"It is locked until {noted.body['locked_until']}.", pointer="/proof/code")
    return ProofWrong(pointer="/proof/code")


def _note(runtime: Runtime, note: Call, fulfillment_order_id: str) -> Outcome:
    def decide() -> Decision:
        order, work = find_work(runtime, note.principal, WRITE, fulfillment_order_id)
        now = runtime.clock.now()
        until = work.collection.locked_until if work.collection else None
        locked = until is not None and now < parse_instant(until)
        if locked or work.status is not Status.READY:
            return Decision([], body={"was_locked": locked, "locked_until": until})
        after, attempts = with_wrong_code(work, now)
        assert after.collection is not None
        until = after.collection.locked_until if after.collection.attempts == 0 else None
        told = FulfillmentOrderProofRefused(**work_ids(work), attempts=attempts, locked_until=until)
        _, writes, events = change_order(note.tenant, order, events=[told], fulfillment_orders=[after])
        return Decision(writes, events, body={"was_locked": False, "locked_until": until})

    return execute(runtime, note, decide)
