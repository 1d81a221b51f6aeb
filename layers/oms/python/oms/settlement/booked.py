"""What the ledger knows of payments, by the provider's own ids."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from oms.finance.model import PostedEntry
from oms.finance.reads import entries_by_identity
from oms.platform.dynamodb import Database
from oms.settlement.matching import Money
from oms.settlement.model import ItemKind

_CLEARING = "1110"
CAPTURED = "payment_captured"
# The rules whose entries clear what an item of a payout speaks of; a dispute that was won is paid out again.
_RULES: Mapping[ItemKind, tuple[str, ...]] = {
    ItemKind.CHARGE: (CAPTURED,),
    ItemKind.REFUND: ("refund_executed", "refund_failed"),
    ItemKind.DISPUTE: ("dispute_withdrawn", "dispute_won"),
}


def booked_of(
    database: Database, tenant: str, provider: str, legal_entity: str, wanted: Sequence[Money], currency: str
) -> dict[Money, int]:
    """What stands on the clearing account for some payments, positive where the provider owes it to us.

    What an entity paid for another one stands in an entry of its own, which has its name.
    """
    names: dict[tuple[str, ...], Money] = {
        name: (kind, reference)
        for kind, reference in wanted
        for rule in _RULES.get(kind, ())
        for name in ((rule, provider, reference), (rule, provider, reference, legal_entity))
    }
    booked: dict[Money, int] = {}
    for name, entry in entries_by_identity(database, tenant, list(names)).items():
        money = names[name]
        booked[money] = booked.get(money, 0) + _cleared(entry, currency)
    return booked


def capture_of(database: Database, tenant: str, provider: str, reference: str) -> PostedEntry | None:
    """The entry of a capture, by the provider's id of it."""
    name = (CAPTURED, provider, reference)
    return entries_by_identity(database, tenant, [name]).get(name)


def _cleared(entry: PostedEntry, currency: str) -> int:
    lines = [line for line in entry.lines if (line.account, line.currency) == (_CLEARING, currency)]
    return sum(line.debit - line.credit for line in lines)
