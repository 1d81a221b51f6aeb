"""What the queue of outgoing webhooks carries: what is to be done for one subscriber, never what is told."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Work(BaseModel):
    """Some work for one subscriber; its `kind` says what of the rest counts.

    lane       the events of `entity` up to `sequence` at least; `is_retry` when it comes after a try that failed
    drain      what has waited while the subscription was paused
    redeliver  deliveries by name, or those of a time; `after` is the last one that is on its way
    again      one delivery, `tries` of which have failed
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    kind: Literal["lane", "drain", "redeliver", "again"]
    tenant: str
    subscription_id: str
    entity: str = ""
    sequence: int = 0
    is_retry: bool = False
    delivery_ids: tuple[str, ...] = ()
    occurred_from: str | None = None
    occurred_to: str | None = None
    after: str = ""
    delivery_id: str = ""
    tries: int = Field(default=0, ge=0)

    def body(self) -> str:
        """The message of it."""
        return self.model_dump_json(exclude_defaults=True)


def work_of(body: str) -> Work:
    """The work that a message is about; any other message raises ValueError."""
    return Work.model_validate_json(body)
