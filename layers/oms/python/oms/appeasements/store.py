"""Where appeasements live in table `orders`.

| what | pk | sk |
|---|---|---|
| a request for goodwill with its judgement, written once | T#<tenant>#APPEASEMENTS#<order id> | REQUEST#<number> |
| the ruling on it, written once | same | RULING#<number> |
| the grants of a customer in 90 days | T#<tenant>#GOODWILL#customer#<name> | COUNTER |
| the grants of an actor on a business date | T#<tenant>#GOODWILL#actor#<name> | COUNTER |

Every change of the first two also changes the order, and is held to the version of it that was read before them.
"""

from __future__ import annotations

from collections.abc import Sequence

from oms.appeasements.limits import Counter
from oms.appeasements.model import Appeasement, Ruling
from oms.appeasements.writes import TABLE, appeasements_partition, counter_key
from oms.platform.dynamodb import Database


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
