"""Closes each business date of the file when the clock has reached its end, as finance does, and says what it came to.

On a date the bank books what was paid out the day before, and the provider pays out what it had taken until the day
before. When the date is over, finance is told what the provider still keeps, the stores of the date are sealed, its
last export is asked for, and its tie-outs are read.
"""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

from local.deploy import PSP_PROVIDER
from local.progress import Failed
from local.state import Http
from tools.replaying import books, checks
from tools.replaying.api import Api
from tools.replaying.books import FINANCE, Sums
from tools.replaying.clock import FileClock
from tools.replaying.order_documents import company_of, shop_of
from tools.replaying.outcome import Outcome
from tools.replaying.payouts import (
    Item,
    Payout,
    balance_document,
    bank_line,
    items_of,
    payout_document,
    payouts_on,
)
from tools.replaying.progress_bar import ProgressBar
from tools.replaying.provider import ProviderLog
from tools.replaying.rules import CURRENCY

# The end of a business date in London and in UTC, where the treasury's date ends, with some minutes for slow clocks.
DAY_ENDS = time_of_day(4, 5)
# Money is at the bank two days after it was taken: paid out on the first of them, booked on the second.
DAYS_TO_THE_BANK = 2
CATCHES_UP_SECONDS = 60.0
CLOSES_SECONDS = 120.0
PAUSE_SECONDS = 0.2
BANK_ACCOUNT = "GB-REPLAY"
# A seal with force carries its reason; nothing else that does not tie out has been explained by anybody.
EXPLAINED = "forced"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ClosedDay:
    """A closed business date, as its export and its tie-outs have it; `debits` in minor units."""

    day: date
    entries: int
    lines: int
    debits: int
    checks: tuple[str, ...]
    exceptions: Counter[str]
    unexplained: tuple[str, ...]

    @property
    def text(self) -> str:
        """One line for a person."""
        told = ", ".join(f"{count} of {check}" for check, count in sorted(self.exceptions.items()))
        return (
            f"{self.day}  {self.entries:>6,} entries {self.lines:>7,} lines {self.debits / 100:>14,.2f} {CURRENCY}  "
            f"{len(self.checks)} checks, {len(self.unexplained)} unexplained{f': {told}' if told else ''}"
        )


@dataclass(slots=True)
class Closing:
    """The business dates of one run, closed one after the other from `next_day` on; `last_day` is that of the file."""

    api: Api
    clock: FileClock
    run: str
    log: ProviderLog
    bar: ProgressBar
    next_day: date
    last_day: date
    days: list[ClosedDay] = field(default_factory=list)
    _paid_out: list[Payout] = field(default_factory=list)
    _books: Sums = field(default_factory=dict)

    @property
    def ends_at(self) -> datetime:
        """When the next date to close is over."""
        return datetime.combine(self.next_day + timedelta(days=1), DAY_ENDS, UTC)

    def settled(self) -> checks.Settled:
        """What was paid out and what of it is at the bank, by now."""
        booked = [payout for payout in self._paid_out if payout.day < self.next_day]
        return checks.Settled(
            gross=sum(payout.gross for payout in self._paid_out),
            fees=sum(payout.fees for payout in self._paid_out),
            booked=sum(payout.net for payout in booked),
        )

    def close_next(self, outcome: Outcome) -> None:
        """Tell what the day brings, wait until it is over, and close it."""
        day, entity = self.next_day, company_of(self.run)
        closed = self._day()["state"] == "CLOSED"
        self._settle(outcome, told=closed)
        if not closed:
            self._wait(lambda: self._caught_up(outcome), CATCHES_UP_SECONDS)
            self.clock.move_to(self.ends_at)
            kept = balance_document(day, self._items(outcome), self._paid_out, PSP_PROVIDER, CURRENCY)
            self._post("/v1/finance/provider-balances", {"legal_entity": entity, "balances": [kept]}, "balance")
            self._close()
        found = self._wait(self._final, CLOSES_SECONDS)
        if found is None:
            raise Failed(f"business date {day} of {entity} did not close: `make logs` says what its functions did")
        self.days.append(self._closed(found))
        self._books = books.together(self._books, books.read_books(self.api, entity, day, day))
        self.bar.say(f"  closed {self.days[-1].text}")
        for text in self.days[-1].unexplained:
            self.bar.say(f"         {text}")
        self.next_day = day + timedelta(days=1)

    def finish(self, outcome: Outcome) -> None:
        """Close what is left: the last date of the file, and those after it until all money is at the bank."""
        while self.next_day <= max(self.last_day, self._money_arrives(outcome)):
            self.close_next(outcome)

    def _money_arrives(self, outcome: Outcome) -> date:
        taken = [item.day for item in self._items(outcome)]
        return max(taken, default=self.last_day) + timedelta(days=DAYS_TO_THE_BANK if taken else 0)

    def _items(self, outcome: Outcome) -> list[Item]:
        return items_of(self.log.read(), {placed.order_id for placed in outcome.placed.values()})

    def _settle(self, outcome: Outcome, *, told: bool) -> None:
        """The bank books yesterday's payouts, the provider pays out what it took until yesterday."""
        day, entity = self.next_day, company_of(self.run)
        booked = [payout for payout in self._paid_out if payout.day == day - timedelta(days=1) and payout.net]
        paid_out = payouts_on(day, self._items(outcome), self.run)
        self._paid_out += paid_out
        if booked and not told:
            lines = [bank_line(payout, day, CURRENCY) for payout in booked]
            body = {"legal_entity": entity, "account": BANK_ACCOUNT, "lines": lines}
            self._post("/v1/finance/bank-lines", body, "bank")
        for payout in paid_out if not told else ():
            body = {"legal_entity": entity, "payouts": [payout_document(payout, PSP_PROVIDER, CURRENCY)]}
            self._post("/v1/finance/settlements", body, payout.id)

    def _caught_up(self, outcome: Outcome) -> bool:
        """Whether the ledger has what the orders, the payouts and the bank say."""
        day = self.next_day
        posted = books.together(self._books, books.read_books(self.api, company_of(self.run), day, day))
        return not checks.book_faults(outcome, posted, self.settled(), all_ended=False)

    def _close(self) -> None:
        """Seal the stores of the date, the shop also on a day without a sale, and ask for the last export."""
        stores = {store["store"]: store["state"] for store in self._day()["stores"]}
        entity, day = company_of(self.run), self.next_day.isoformat()
        for store in sorted({*stores, shop_of(self.run)}):
            if stores.get(store) != "SEALED":
                self._post(f"/v1/finance/days/{day}/seal", {"entity": entity, "store": store}, f"seal-{store}")
        wish = {"entity": entity, "business_date": day, "kind": "close"}
        self._post("/v1/finance/exports", wish, "close")

    def _final(self) -> dict[str, Any] | None:
        """The tie-outs of the date once its last export stands, else None."""
        if not self._listed():
            return None
        query = f"/v1/finance/days/{self.next_day.isoformat()}/exceptions?entity={company_of(self.run)}"
        found: dict[str, Any] = self.api.get(query, FINANCE)
        return found if found["final"] else None

    def _closed(self, found: dict[str, Any]) -> ClosedDay:
        totals = [manifest["control_totals"] for manifest in self._manifests()]
        exceptions = found["exceptions"]
        return ClosedDay(
            day=self.next_day,
            entries=sum(total["entries"] for total in totals),
            lines=sum(total["lines"] + total["memo_lines"] for total in totals),
            debits=sum(currency["debit_minor"] for total in totals for currency in total["currencies"]),
            checks=tuple(check for check in found["checks"] if check != "SEAL"),
            exceptions=Counter(one["check"] for one in exceptions),
            unexplained=tuple(_told(one) for one in exceptions if one["kind"] != EXPLAINED),
        )

    def _manifests(self) -> list[dict[str, Any]]:
        """The manifests of the date, as whoever reads the export fetches them."""
        return [_fetch(one["url"]) for one in self._listed()]

    def _listed(self) -> list[dict[str, Any]]:
        query = f"entity={company_of(self.run)}&business_date={self.next_day.isoformat()}"
        listed: list[dict[str, Any]] = self.api.get(f"/v1/finance/exports?{query}", FINANCE)["exports"]
        return listed

    def _day(self) -> dict[str, Any]:
        query = f"/v1/finance/days/{self.next_day.isoformat()}?entity={company_of(self.run)}"
        shown: dict[str, Any] = self.api.get(query, FINANCE)
        return shown

    def _post(self, path: str, body: dict[str, Any], what: str) -> None:
        key = f"replay-{self.run}-{self.next_day.isoformat()}-{what}"
        self.api.send("POST", path, body, key=key, client=FINANCE)

    def _wait(self, look: Callable[[], T], seconds: float) -> T:
        """What `look` finds in the end: something, or whatever it says when the time is over."""
        deadline = time.monotonic() + seconds
        while not (found := look()) and time.monotonic() < deadline:
            time.sleep(PAUSE_SECONDS)
        return found


def check_days(days: Sequence[ClosedDay]) -> checks.Check:
    """Every business date is closed, and everything ties out."""
    faults = [f"{day.day} {text}" for day in days for text in day.unexplained]
    made = sorted({len(day.checks) for day in days})
    shown = f"{len(days)} closed, {'/'.join(map(str, made)) or 'no'} checks each, {len(faults)} unexplained exceptions"
    return checks.made("every business day closes and ties out", shown, faults)


def _told(one: dict[str, Any]) -> str:
    where = " ".join(str(one[name]) for name in ("store", "order_id", "account") if one.get(name))
    amounts = "" if one["found"] is None else f" expected {one['expected']}, found {one['found']} {one['currency']}"
    return f"{one['check']} {one['kind']} {where}{amounts}: {one['detail']}"


def _fetch(url: str) -> dict[str, Any]:
    """A file of the export by the address that the list gives for it."""
    parts = urlsplit(url)
    answer = Http(f"{parts.scheme}://{parts.netloc}").request("GET", f"{quote(parts.path, safe='/=%')}?{parts.query}")
    if not answer.ok:
        raise Failed(f"the export does not open {parts.path}: {answer.status}")
    found: dict[str, Any] = answer.json()
    return found
