"""How the provider behaves until it is told otherwise."""

from __future__ import annotations

from dataclasses import dataclass

# Whether a capture or refund is done when it is answered, or accepted and settled later.
SYNCHRONOUS, ASYNCHRONOUS = "synchronous", "asynchronous"


@dataclass(slots=True)
class Settings:
    """Seconds are of the provider's own clock; the two waits are real milliseconds.

    In the asynchronous manner each capture and refund is accepted first and settled by a message. A charge costs
    `fee_basis_points` of it and `fee_fixed` minor units, a dispute `dispute_fee`. Without `payout_every_seconds`
    money is paid out when an admin call says so.
    """

    auth_window_seconds: int = 7 * 24 * 3600
    settle_seconds: int = 1
    come_back_seconds: int = 3 * 24 * 3600
    manner: str = SYNCHRONOUS
    slow_milliseconds: int = 2_000
    hang_milliseconds: int = 30_000
    max_captures: int | None = None
    fee_basis_points: int = 290
    fee_fixed: int = 30
    dispute_fee: int = 1_500
    dispute_fee_returned: bool = False
    payout_every_seconds: int | None = None
