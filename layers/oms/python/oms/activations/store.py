"""Where licences and the codes of activations live in table `orders`.

| access pattern | how |
|---|---|
| one licence | GetItem pk T#<tenant>#LICENCE#<id>, sk LICENCE |
| free licences of an item | index `by_status`, T#<tenant>#LICENCES#<sku>, by <id> |
| the code that a provider gave | GetItem pk T#<tenant>#ACTIVATION#<id>, sk CODE |
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from oms.activations.model import Licence
from oms.activations.writes import TABLE, code_key, free_list, licence_key
from oms.platform.dynamodb import Database

INDEX = "by_status"
_COUNTED_AT_ONCE = 1_000


def load_licences(database: Database, tenant: str, ids: Iterable[str]) -> dict[str, Licence]:
    """The licences that exist among some ids, as they are stored."""
    keys = {licence_key(tenant, one): one for one in ids}
    found = database.get_many([(TABLE, key) for key in keys])
    return {keys[key]: Licence.model_validate_json(str(row["body"])) for (_, key), row in found.items()}


def free_ids(database: Database, tenant: str, sku: str, most: int) -> list[str]:
    """Ids of licences of an item that seem to be free; one may have been given a moment ago (it is an index)."""
    page = database.query_index(TABLE, INDEX, free_list(tenant, sku), limit=most)
    return [str(row["gsi1sk"]) for row in page.items]


def count_free(database: Database, tenant: str, sku: str) -> int:
    """How many licences of an item are free, as the index has it."""
    return sum(1 for _ in _all_free(database, tenant, sku))


def _all_free(database: Database, tenant: str, sku: str) -> Iterator[str]:
    after: Mapping[str, str] | None = None
    while True:
        page = database.query_index(TABLE, INDEX, free_list(tenant, sku), limit=_COUNTED_AT_ONCE, after=after)
        yield from (str(row["gsi1sk"]) for row in page.items)
        if page.next is None:
            return
        after = page.next


def load_codes(database: Database, tenant: str, ids: Iterable[str]) -> dict[str, str]:
    """The codes that providers gave for some activations."""
    keys = {code_key(tenant, one): one for one in ids}
    found = database.get_many([(TABLE, key) for key in keys])
    return {keys[key]: str(row["code"]) for (_, key), row in found.items()}
