"""Carrier pick-ups: a carrier comes to a node within a window for parcels whose labels it has sold. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from oms.carriers.events import PickupCancelled, PickupCancelRefused, PickupRefused, PickupRequested, PickupScheduled
from oms.carriers.events import PickupCancelRequested as CancelRequested
from oms.carriers.port import Booked, Declined, TakenBack
from oms.platform.events import EventData
from oms.platform.problems import ActionNotAvailable, Problem


class PickupStatus(StrEnum):
    """How far a pick-up is; REQUESTED and CANCEL_REQUESTED come to an end by themselves."""

    REQUESTED = "REQUESTED"
    SCHEDULED = "SCHEDULED"
    REFUSED = "REFUSED"
    CANCEL_REQUESTED = "CANCEL_REQUESTED"
    CANCELLED = "CANCELLED"


# state -> the states that may follow. A carrier that does not cancel comes all the same.
PICKUP_TRANSITIONS: Mapping[PickupStatus, frozenset[PickupStatus]] = {
    PickupStatus.REQUESTED: frozenset({PickupStatus.SCHEDULED, PickupStatus.REFUSED}),
    PickupStatus.SCHEDULED: frozenset({PickupStatus.CANCEL_REQUESTED}),
    PickupStatus.CANCEL_REQUESTED: frozenset({PickupStatus.CANCELLED, PickupStatus.SCHEDULED}),
    PickupStatus.REFUSED: frozenset(),
    PickupStatus.CANCELLED: frozenset(),
}
# The carrier has the next word.
OPEN_PICKUPS = frozenset({PickupStatus.REQUESTED, PickupStatus.CANCEL_REQUESTED})


class NothingToPickUp(Problem):
    status = 409
    code = "nothing_to_pick_up"
    title = "No label of this node and carrier was bought for the day of the window."
    remedy = "Buy labels first, or name another day or carrier; a carrier goes by the labels that it has sold."


class CarrierPickup(BaseModel):
    """A pick-up of `parcels` parcels at a node; `label` is the provider's own name of one of their labels.

    Instants are RFC 3339 in UTC, `cost` is in minor units of `currency`.
    """

    model_config = ConfigDict(frozen=True)
    id: str
    node_id: str
    provider: str
    carrier: str
    starts_at: str
    ends_at: str
    parcels: int
    label: str
    requested_at: str
    requested_by: str
    status: PickupStatus = PickupStatus.REQUESTED
    confirmation: str | None = None
    cost: int | None = None
    currency: str | None = None
    # Why the carrier does not come, or comes although it was cancelled.
    refused: str | None = None
    version: int = 1

    @property
    def is_open(self) -> bool:
        """Whether the carrier has the next word."""
        return self.status in OPEN_PICKUPS


def pickup_requested(pickup: CarrierPickup) -> EventData:
    """What is told of a pick-up that is to be booked."""
    return PickupRequested(**_ids(pickup), starts_at=pickup.starts_at, ends_at=pickup.ends_at, parcels=pickup.parcels)


def pickup_ended(pickup: CarrierPickup, answer: Booked | Declined) -> tuple[CarrierPickup, EventData]:
    """The pick-up as the carrier booked it, or did not."""
    if isinstance(answer, Declined):
        after = _moved(pickup, PickupStatus.REFUSED, refused=answer.code)
        return after, PickupRefused(**_ids(pickup), refused=answer.code)
    known = {"confirmation": answer.confirmation, "cost": answer.amount, "currency": answer.currency}
    after = _moved(pickup, PickupStatus.SCHEDULED, **known)
    return after, PickupScheduled(**_ids(pickup), starts_at=pickup.starts_at, ends_at=pickup.ends_at, **known)


def cancel_requested(pickup: CarrierPickup) -> tuple[CarrierPickup, EventData]:
    """The pick-up that is to be cancelled; raises ActionNotAvailable where it is not scheduled."""
    return _moved(pickup, PickupStatus.CANCEL_REQUESTED, refused=None), CancelRequested(**_ids(pickup))


def cancel_ended(pickup: CarrierPickup, answer: TakenBack | Declined) -> tuple[CarrierPickup, EventData]:
    """The pick-up that the carrier cancelled, or did not cancel: then it comes."""
    if isinstance(answer, Declined):
        after = _moved(pickup, PickupStatus.SCHEDULED, refused=answer.code)
        return after, PickupCancelRefused(**_ids(pickup), refused=answer.code)
    return _moved(pickup, PickupStatus.CANCELLED), PickupCancelled(**_ids(pickup))


def _moved(pickup: CarrierPickup, status: PickupStatus, **changes: object) -> CarrierPickup:
    if status not in PICKUP_TRANSITIONS[pickup.status]:
        raise ActionNotAvailable(f"A pick-up that is {pickup.status.value} does not become {status.value}.")
    return pickup.model_copy(update={"status": status, "version": pickup.version + 1, **changes})


def _ids(pickup: CarrierPickup) -> dict[str, str]:
    return {
        "pickup_id": pickup.id,
        "node_id": pickup.node_id,
        "provider": pickup.provider,
        "carrier": pickup.carrier,
    }
