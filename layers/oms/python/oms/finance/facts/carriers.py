"""What finance reads from the events of parcels. Amounts are minor units of `currency`."""

from __future__ import annotations

from oms.finance.facts.base import Fact
from oms.platform.fields import Amount, Code


class ParcelClaimed(Fact):
    """Units of a parcel were lost or damaged; `cost` is what a supplier asked for them."""

    order_id: Code
    claim_id: Code
    cost: Amount
