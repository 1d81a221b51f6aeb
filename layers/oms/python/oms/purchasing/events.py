"""Facts about what suppliers ask for. Amounts in minor units of `currency`."""

from __future__ import annotations

from oms.platform.events import EventData
from oms.purchasing.model import SupplierItem


class SupplierItemsPut(EventData):
    """It was said what suppliers ask for some items; purchase orders that are placed from now on cost that."""

    items: tuple[SupplierItem, ...]
