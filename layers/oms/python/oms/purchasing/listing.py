"""The lists of purchase orders: those of the work of a supplier, state by state."""

from __future__ import annotations

from collections.abc import Mapping

from oms.fulfillment.model import FulfillmentOrder
from oms.orders.store import work_list
from oms.platform.cursors import bad_cursor, decode_cursor, encode_cursor
from oms.platform.dynamodb import Database
from oms.platform.principal import tenant_prefix
from oms.purchasing.model import STATUS_OF, PurchaseStatus

_KEYS = {"pk", "sk", "gsi1pk", "gsi1sk"}


def page_of_work(
    database: Database, tenant: str, node_id: str, status: PurchaseStatus, *, limit: int, cursor: str | None
) -> tuple[list[FulfillmentOrder], str | None]:
    """A page of the work of a supplier that has purchase orders in a state, and the cursor of the next one."""
    lists = [work_list(tenant, node_id, of.value) for of, shown in STATUS_OF.items() if shown is status]
    at, after = _position(tenant, lists, cursor)
    found: list[FulfillmentOrder] = []
    for number in range(at, len(lists)):
        page = database.query_index("orders", "by_status", lists[number], limit=limit - len(found), after=after)
        # What is offered to the supplier stands in the same list, and is not its work yet.
        works = [
            FulfillmentOrder.model_validate_json(str(item["body"]))
            for item in page.items
            if str(item["sk"]).startswith("WORK#")
        ]
        found += [work for work in works if work.purchase]
        if page.next:
            return found, encode_cursor(dict(page.next))
        after = None
        if len(found) == limit and number + 1 < len(lists):
            return found, encode_cursor({"gsi1pk": lists[number + 1]})
    return found, None


def _position(tenant: str, lists: list[str], cursor: str | None) -> tuple[int, Mapping[str, str] | None]:
    """Which list a page begins in, and behind which entry of it; a made-up cursor is refused."""
    if cursor is None:
        return 0, None
    content = decode_cursor(cursor)
    if content.get("gsi1pk") not in lists:
        raise bad_cursor()
    at = lists.index(content["gsi1pk"])
    if content.keys() == {"gsi1pk"}:
        return at, None
    if content.keys() != _KEYS or not content["pk"].startswith(tenant_prefix(tenant)):
        raise bad_cursor()
    return at, content
