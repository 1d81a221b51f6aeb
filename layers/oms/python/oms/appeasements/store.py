"""Where appeasements live in table `orders`.

| what | pk | sk |
|---|---|---|
| a request for goodwill with its judgement, written once | T#<tenant>#APPEASEMENTS#<order id> | REQUEST#<number> |
| the ruling on it, written once | same | RULING#<number> |
| the grants of a customer in 90 days | T#<tenant>#GOODWILL#customer#<name> | COUNTER |
| the grants of an actor on a business date | T#<tenant>#GOODWILL#actor#<name> | COUNTER |

Index `by_status`: requests that somebody else must approve, ruled on or not, by when they expire
(T#<tenant>#APPEASEMENTS).

Every change of the first two also changes the order, and is held to the version of it that was read before them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from oms.appeasements.limits import Counter
from oms.appeasements.model import Appeasement, Ruling, State
from oms.appeasements.writes import TABLE, appeasements_partition, counter_key, request_key_of, ruling_key, waiting_list
from oms.platform.dynamodb import Database

INDEX = "by_status"


def load_appeasements(database: Database, tenant: str, order_id: str) -> list[Appeasement]:
    """All requests for goodwill on an order with the rulings on them, oldest first."""
    requests: dict[str, Appeasement] = {}
    rulings: dict[str, Ruling] = {}
    for item in database.query(TABLE, appeasements_partition(tenant, order_id)):
        kind, number = str(item["sk"]).split("#")
        if kind == "REQUEST":
            requests[number] = Appeasement.model_validate_json(str(item["body"]))
        else:
            rulings[number] = Ruling.model_validate_json(str(item["body"]))
    return [one.model_copy(update={"ruling": rulings.get(number)}) for number, one in sorted(requests.items())]


def load_counters(database: Database, tenant: str, names: Sequence[tuple[str, str]]) -> list[Counter]:
    """The counters of some customers and actors, in this order; one that nobody has written counts nothing."""
    keys = [(TABLE, counter_key(tenant, of, name)) for of, name in names]
    found = database.get_many(keys)
    return [
        Counter.model_validate_json(str(found[key]["body"])) if key in found else Counter(of=of, name=name)
        for key, (of, name) in zip(keys, names, strict=True)
    ]


def load_requests(database: Database, tenant: str, names: Sequence[str]) -> dict[str, Appeasement]:
    """Some requests for goodwill by their ids, without the rulings on them; one that there is not is left out."""
    keys = {(TABLE, request_key_of(tenant, name)): name for name in names}
    found = database.get_many(list(keys))
    return {keys[key]: Appeasement.model_validate_json(str(row["body"])) for key, row in found.items()}


def list_waiting(
    database: Database, tenant: str, now: datetime, *, limit: int, after: Mapping[str, str] | None
) -> tuple[list[Appeasement], Mapping[str, str] | None]:
    """A page of the requests that still wait for approval, the last to expire first, and where the next one begins.

    A page may have fewer than there is room for, since some were ruled on.
    """
    page = database.query_index(TABLE, INDEX, waiting_list(tenant), limit=limit, after=after, newest_first=True)
    asked = [Appeasement.model_validate_json(str(item["body"])) for item in page.items]
    waiting = [one for one in asked if one.state(now) is State.PENDING_APPROVAL]
    ruled = database.get_many([(TABLE, ruling_key(tenant, one)) for one in waiting])
    found = [one for one in waiting if (TABLE, ruling_key(tenant, one)) not in ruled]
    # Behind one that has expired all have.
    return found, page.next if len(waiting) == len(asked) else None
