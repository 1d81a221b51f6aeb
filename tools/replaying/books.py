"""The sums of the ledger, as the trial balance shows them."""

from datetime import date, timedelta

from local.seed.seed import TENANT
from tools.replaying.api import Api

FINANCE = f"{TENANT}-finance"
MOST_DAYS_IN_A_CALL = 92

Sums = dict[str, list[int]]


def read_books(api: Api, entity: str, first: date, last: date) -> Sums:
    """Return [debit, credit] in minor units per "<account> <currency>" of an entity, over a span of business dates."""
    sums: Sums = {}
    while first <= last:
        until = min(last, first + timedelta(days=MOST_DAYS_IN_A_CALL - 1))
        query = f"entity={entity}&from={first.isoformat()}&to={until.isoformat()}"
        for account in api.get(f"/v1/finance/trial-balance?{query}", FINANCE)["accounts"]:
            both = sums.setdefault(f"{account['account']} {account['currency']}", [0, 0])
            both[0] += account["debit"]
            both[1] += account["credit"]
        first = until + timedelta(days=1)
    return sums


def change(before: Sums, after: Sums) -> Sums:
    """What was posted in between."""
    return {
        name: [after.get(name, [0, 0])[side] - before.get(name, [0, 0])[side] for side in (0, 1)]
        for name in sorted({*before, *after})
    }


def together(one: Sums, other: Sums) -> Sums:
    """The sums of two spans."""
    return {
        name: [one.get(name, [0, 0])[side] + other.get(name, [0, 0])[side] for side in (0, 1)]
        for name in sorted({*one, *other})
    }
