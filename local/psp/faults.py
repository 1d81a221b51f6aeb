"""Planned misbehaviour: which of the next calls or webhooks go wrong, and how."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from local.psp.refusals import Refused

OPERATIONS = ("authorize", "capture", "void", "refund", "authenticate", "dispute", "payout", "any")
CALL_FAULTS = (
    "timeout_before_effect",
    "timeout_after_effect",
    "error_before_effect",
    "error_after_effect",
    "slow",
    "capture_settles_later",
    "capture_fails_later",
    "expires_before_capture",
    "refund_fails_later",
    "refund_comes_back",
    "event_before_reply",
)
EVENT_FAULTS = ("event_twice", "event_never", "events_reversed")
# A charge of which the merchant never heard stands in the next payout.
PAYOUT_FAULTS = ("payout_with_unknown_charge",)
FAULTS = (*CALL_FAULTS, *EVENT_FAULTS, *PAYOUT_FAULTS)


@dataclass(slots=True)
class Fault:
    """One planned fault: it strikes the next `left` matching calls or events, then is used up."""

    kind: str
    operation: str = "any"
    left: int = 1
    match: dict[str, str] = field(default_factory=dict)

    def strikes(self, operation: str, metadata: dict[str, str]) -> bool:
        if self.operation not in ("any", operation):
            return False
        return all(metadata.get(name) == value for name, value in self.match.items())


class FaultPlan:
    """The faults still to come, in the order in which they were planned; an empty plan costs nothing."""

    def __init__(self, faults: list[Fault] | None = None) -> None:
        self._faults = faults or []

    def take(self, kinds: tuple[str, ...], operation: str, metadata: dict[str, str]) -> str | None:
        """The kind of the first fault that strikes here, now counted as used; None if all goes well."""
        for fault in self._faults:
            if fault.kind in kinds and fault.strikes(operation, metadata):
                fault.left -= 1
                if fault.left == 0:
                    self._faults.remove(fault)
                return fault.kind
        return None

    def expects(self, kind: str) -> bool:
        """Whether a fault of this kind is still to come."""
        return any(fault.kind == kind for fault in self._faults)


def read_fault(value: Any) -> Fault:
    """One fault from the configuration call: {kind, operation?, times?, match?}; refuses anything else."""
    if not isinstance(value, dict) or not set(value) <= {"kind", "operation", "times", "match"}:
        raise _unknown("A fault has kind, operation, times and match.")
    if value.get("kind") not in FAULTS:
        raise _unknown(f"Unknown kind of fault; known are {', '.join(FAULTS)}.")
    if value.get("operation", "any") not in OPERATIONS:
        raise _unknown(f"Unknown operation; known are {', '.join(OPERATIONS)}.")
    times, match = value.get("times", 1), value.get("match", {})
    if type(times) is not int or times < 1:
        raise _unknown("times is a whole number from 1.")
    if not isinstance(match, dict) or not all(isinstance(part, str) for pair in match.items() for part in pair):
        raise _unknown("match holds metadata names and values, all of them text.")
    return Fault(value["kind"], value.get("operation", "any"), times, match)


def _unknown(message: str) -> Refused:
    return Refused(422, "fault_invalid", message, param="faults")
