"""What a device of a node has done while nobody heard of it; the same shape over HTTP and over the store bus."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from oms.platform.fields import Code, Instant
from oms.platform.intake import Request, no_more_than

MOST_ACTIONS_OF_A_DEVICE = 100
# As long as an Idempotency-Key may be, less the name of its caller.
DeviceActionId = Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[!-~]+$")]


class EarlierAction(Request):
    """The action that the same device did just before, on the same subject."""

    id: DeviceActionId
    action: Code


class DeviceAction(Request):
    """One verb of the node protocol that a device has taken, on a fulfilment order, at its own time.

    `id` is the key under which it takes effect once, as the Idempotency-Key of the same verb alone. `after` is what
    must have been answered before it; `body` is what the verb says over HTTP, without the time.
    """

    id: DeviceActionId
    action: Code
    subject: Code
    occurred_at: Instant
    after: EarlierAction | None = None
    body: dict[str, Any] = Field(default_factory=dict)


class DeviceActionsRequest(Request):
    """What one device of a node has done, in any order."""

    device_id: Code
    actions: Annotated[
        tuple[DeviceAction, ...], Field(min_length=1, max_length=MOST_ACTIONS_OF_A_DEVICE), no_more_than(100)
    ]


def in_order(actions: tuple[DeviceAction, ...]) -> list[int]:
    """The positions of the actions as they are taken: by the device's time, but each after the one that it names.

    What names itself, or goes in a circle, is taken at its time; its earlier action is missing then.
    """
    by_time = sorted(range(len(actions)), key=lambda at: (actions[at].occurred_at, at))
    places: dict[tuple[str, str], int] = {}
    for at in reversed(by_time):
        places[actions[at].id, actions[at].action] = at
    taken: dict[int, None] = {}
    for at in by_time:
        chain = [at]
        while (earlier := actions[chain[-1]].after) is not None:
            before = places.get((earlier.id, earlier.action))
            if before is None or before in taken or before in chain:
                break
            chain.append(before)
        taken.update(dict.fromkeys(reversed(chain)))
    return list(taken)
