"""What becomes of each message on the queue of outgoing webhooks."""

from __future__ import annotations

from itertools import islice

from oms.webhooks.messages import Work, work_of
from oms.webhooks.sending import Office, send_again, serve_lane
from oms.webhooks.store import deliveries_since, load_waiting, no_longer_waiting

# How many pieces one message is cut into; the rest has a message of its own.
MOST_PIECES = 50


def take_webhook_work(office: Office, body: str) -> None:
    """Do what a message is about."""
    work = work_of(body)
    {"lane": serve_lane, "drain": _drain, "redeliver": _redeliver, "again": send_again}[work.kind](office, work)


def _drain(office: Office, work: Work) -> None:
    """Put every entity that waited for a subscriber on its way, and forget that it waited."""
    waiting = load_waiting(office.runtime.database, work.tenant, work.subscription_id)
    for number, (entity, sequence) in enumerate(waiting):
        if number == MOST_PIECES:
            office.send(work.body())
            return
        piece = {"kind": "lane", "entity": entity, "sequence": sequence, "is_retry": True}
        office.send(work.model_copy(update=piece).body())
        office.commit(no_longer_waiting(work.tenant, work.subscription_id, entity))


def _redeliver(office: Office, work: Work) -> None:
    """Put deliveries on their way again: those that are named, or those of a time, oldest first."""
    for name in work.delivery_ids:
        office.send(_again(work, name).body())
    if work.occurred_from is None or work.occurred_to is None:
        return
    found = deliveries_since(
        office.runtime.database, work.tenant, work.subscription_id, work.after or work.occurred_from
    )
    page = list(islice((one for one in found if one.id != work.after), MOST_PIECES))
    wanted = [one for one in page if one.occurred_at < work.occurred_to]
    for delivery in wanted:
        office.send(_again(work, delivery.id).body())
    if len(wanted) == MOST_PIECES:
        office.send(work.model_copy(update={"delivery_ids": (), "after": wanted[-1].id}).body())


def _again(work: Work, delivery_id: str) -> Work:
    return Work(kind="again", tenant=work.tenant, subscription_id=work.subscription_id, delivery_id=delivery_id)
