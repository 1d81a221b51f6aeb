"""What is refused, and what of it is kept for a person."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from pydantic import BaseModel

from oms.platform.commands import Call, Decision, Outcome, Runtime, execute, find_outcome, input_hash
from oms.platform.problems import FieldError, InvalidRequest, Problem
from oms.platform.writes import Value
from oms.settlement.writes import conflict_write

# Banks and providers date ahead what they will book; a bag is dated when it is sealed.
MOST_DAYS_AHEAD, MOST_DAYS_AHEAD_OF_A_BAG = 31, 1


class SettlementConflict(Problem):
    status = 409
    code = "settlement_conflict"
    title = "The same identity was told before with other content."
    remedy = "Nothing was posted; both tellings are kept. Look at the exceptions, and at what the first one says."

    def __init__(self, kind: str, name: str, told: BaseModel, *, pointer: str = "") -> None:
        super().__init__(f"{kind} {name} was told before with other content.", pointer=pointer)
        self.kind, self.name, self.told = kind, name, told


class DoesNotAddUp(Problem):
    code = "does_not_add_up"
    title = "The parts do not come to the sum that is given."
    remedy = "Send all parts, and the sum that they come to."


def not_far_ahead(day: date, now: datetime, most_days: int, pointer: str) -> None:
    """Refuse a day so far to come that it is a slip: what is posted there is seen too late."""
    if day > (now + timedelta(days=most_days)).date():
        raise InvalidRequest(errors=[FieldError(pointer, "in_the_future", f"more than {most_days} days to come")])


def content_hash(told: BaseModel) -> str:
    """What tells a repetition from another content under the same identity."""
    return input_hash(told.model_dump(mode="json"))


def run(runtime: Runtime, call: Call, decide: Callable[[], Decision]) -> Outcome:
    """Run a command; what contradicts an earlier telling is kept for a person before it is refused."""
    try:
        return execute(runtime, call, decide)
    except SettlementConflict as conflict:
        body = json.dumps(conflict.told.model_dump(mode="json"), ensure_ascii=False)
        seen = conflict_write(
            call.tenant, conflict.kind, conflict.name, content_hash(conflict.told), body, runtime.clock.now()
        )
        runtime.database.commit([seen])
        raise


def run_each(
    runtime: Runtime,
    call: Call,
    parts: Sequence[Callable[[], Decision]],
    whole: Callable[[list[Value]], dict[str, Value]],
) -> Outcome:
    """Run the parts of a call, each in its own transaction and once; `whole` makes the answer from theirs.

    A part that contradicts an earlier telling does not keep the others back; it is raised when they are done.
    """
    recorded = find_outcome(runtime, call)
    if recorded is not None:
        return recorded
    conflict: SettlementConflict | None = None
    outcomes: list[Outcome] = []
    for number, decide in enumerate(parts):
        try:
            outcomes.append(run(runtime, replace(call, key=f"{call.key}#{number}"), decide))
        except SettlementConflict as refused:
            conflict = conflict or refused
    if conflict is not None:
        raise conflict
    status = max((one.status for one in outcomes), default=200)
    body = whole([dict(one.body) for one in outcomes])
    return execute(runtime, call, lambda: Decision([], status=status, body=body))
