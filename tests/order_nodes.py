"""The nodes of the retailer in memory: two stores, a distribution centre and the web site."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from typing import Any

from oms.platform.intake import validate
from oms.registry.model import Node, PutNode, stored_node

PLACES = {"DC1": ("dc", 40.7, -74.2), "S1": ("store", 42.6, -73.7), "S2": ("store", 34.1, -118.3), "WEB": ("web", 0, 0)}


@cache
def nodes() -> tuple[Node, ...]:
    """The retailer's nodes; every one but the web site serves every journey."""
    return tuple(node(node_id, kind, latitude, longitude) for node_id, (kind, latitude, longitude) in PLACES.items())


def node(node_id: str, kind: str, latitude: float, longitude: float, **details: Any) -> Node:
    """A node in force since 2020."""
    put = {
        "id": node_id,
        "kind": kind,
        "name": node_id,
        "legal_entity": "100",
        "address": {"lines": ["1 Main St"], "city": "Town", "country": "US"},
        "time_zone": "America/New_York",
        "latitude": Decimal(str(latitude)),
        "longitude": Decimal(str(longitude)),
        "journeys": [] if kind == "web" else ["ship", "pickup", "ship_to_store", "delivery"],
        **details,
    }
    return stored_node(validate(PutNode, put), version=1, effective_from=datetime(2020, 1, 1, tzinfo=UTC))
