"""How long stock has lain where it is. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True, slots=True)
class Ages:
    """The last UTC day on which units on hand rose, by SKU and node, as seen on a day.

    A row for which no day is known has not risen since days are kept.
    """

    today: date = date.min
    restocked_on: Mapping[tuple[str, str], date] = field(default_factory=dict)

    def days(self, sku: str, node_id: str) -> int | None:
        """For how many days nothing has come to the stock of an item at a node; None where no day is known."""
        last = self.restocked_on.get((sku, node_id))
        return None if last is None else max(0, (self.today - last).days)


NO_AGES = Ages()
