"""What notices ask of whatever carries them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from oms.platform.effects import NoTrace, Unknown


@dataclass(frozen=True, slots=True)
class Message:
    """A message with its address. None of it is shown where it is printed: it is somebody's, and logs are not."""

    to: str = field(repr=False)
    sender: str | None = field(repr=False)
    subject: str = field(repr=False)
    text: str = field(repr=False)
    html: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Accepted:
    """The transport has the message, and calls it so."""

    reference: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The transport will never take this message; the reason is its own code."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unavailable:
    """The transport has not taken the message, and may later: it has too much to do, or we may not send now."""

    reason: str


Answer = Accepted | Refused | Unavailable


class Transport(Protocol):
    """A way to the customer.

    One that `knows_repeats` has a message once however often it is sent under its key, and can be asked for it.
    """

    @property
    def knows_repeats(self) -> bool: ...

    def send(self, key: str, message: Message) -> Answer | Unknown:
        """Hand over a message under its key, which names tenant, order and notice: `acme/ord_1/ntc_1`."""
        ...

    def look_up(self, key: str) -> Accepted | Unknown | NoTrace:
        """What became of a message that was handed over under a key before."""
        ...
