"""What other contexts may know of appeasements: what of each line was given back already."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from oms.appeasements.model import Appeasement, Part, given
from oms.appeasements.store import load_appeasements
from oms.appeasements.writes import TABLE, first_request_key
from oms.platform.dynamodb import Database


def appeased(database: Database, tenant: str, order_id: str) -> Mapping[int, Part]:
    """What was granted on each line of an order, net and tax in minor units; line 0 is shipping.

    Read the order first: a grant after that makes a commit on the version that was read fail.
    """
    return given(load_appeasements(database, tenant, order_id))


def goodwill_of(database: Database, tenant: str, order_id: str) -> Sequence[Appeasement]:
    """All requests for goodwill on an order with what was decided on them, oldest first."""
    return load_appeasements(database, tenant, order_id)


def with_goodwill(database: Database, tenant: str, order_ids: Collection[str]) -> Collection[str]:
    """Those of some orders on which goodwill was ever asked for; a hundred of them are looked up in one read."""
    keys = {(TABLE, first_request_key(tenant, order_id)): order_id for order_id in order_ids}
    return {keys[key] for key in database.get_many(list(keys))}
