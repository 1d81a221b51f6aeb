"""What is refused before anything of a drawer changes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from oms.drawers.denominations import DENOMINATIONS
from oms.drawers.model import Action, Counted, Session
from oms.drawers.requests import CountedPieces
from oms.platform.commands import Call
from oms.platform.problems import ActionNotAvailable, FieldError, InvalidRequest, Problem, StaleVersion


class SequenceTaken(Problem):
    status = 409
    code = "sequence_taken"
    title = "The till told another movement under this number."
    remedy = "Number each movement of a till and business date once; look at the movement that is recorded."


def require(call: Call, session: Session, action: Action) -> None:
    """Refuse a call about a version that is not the session's any more, and an action that its state does not allow."""
    if call.expected_version not in (None, session.version):
        raise StaleVersion(f"The drawer session is at version {session.version}.")
    if action not in session.available_actions():
        raise ActionNotAvailable(f"A drawer session that is {session.state.value} does not allow {action.value}.")


def no_later_than(now: datetime, told: datetime, pointer: str) -> None:
    """Refuse an instant that is still to come."""
    if told > now:
        raise InvalidRequest(errors=[FieldError(pointer, "in_the_future", "it has not happened yet")])


def counted_lines(currency: str, lines: Sequence[CountedPieces], pointer: str) -> tuple[Counted, ...]:
    """A count in the coins and notes of the session's currency, largest first; any other is refused by name."""
    wrong = [no for no, line in enumerate(lines) if line.denomination not in DENOMINATIONS[currency]]
    if wrong:
        raise InvalidRequest(
            errors=[
                FieldError(f"{pointer}/{no}/denomination", "unknown_denomination", f"no coin or note of {currency}")
                for no in wrong
            ]
        )
    found = [Counted(denomination=line.denomination, pieces=line.pieces) for line in lines]
    return tuple(sorted(found, key=lambda line: -line.denomination))
