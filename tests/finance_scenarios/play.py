"""Playing a scenario: each row is turned into the product's own calls, and what these tell is posted by the ledger."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from oms.finance.model import PostedEntry
from oms.platform.clock import parse_instant
from tests.finance_scenarios.grammar import Row, Scenario
from tests.finance_scenarios.ledger import Ledger, Told, at_noon, has_rule, told
from tests.finance_scenarios.lines import DEFAULT, BadTable, minor
from tests.finance_scenarios.plan import OrderPlan, order_name, orders_of
from tests.finance_scenarios.world import FIRST_DAY, CannotDo, Refused, Retailer, api, open_doors
from tests.functions.conftest import Answer, Api
from tests.order_world import TENANT

STORE = "S12"


@dataclass(slots=True)
class Fact:
    """An event with money, the row in which it was told (None for history), and what the ledger posted for it."""

    told: Told
    row: Row | None
    entries: list[PostedEntry] = field(default_factory=list)
    claimed: bool = False


@dataclass(frozen=True, slots=True)
class Sealed:
    """A business date of an entity was closed at this point."""

    entity: str
    on: date
    at: datetime


@dataclass(slots=True)
class Done:
    """What came of a row: the code of a refusal or of what waits, and what the product answered."""

    code: str | None = None
    text: str = ""
    answer: Mapping[str, Any] = field(default_factory=dict)


Step = Callable[["Play", Row], Mapping[str, Any] | None]


class Play:
    """One scenario on its own empty tenant. `book` holds what steps must remember of each other, by name."""

    def __init__(self, scenario: Scenario, others: Mapping[str, Scenario], patch: pytest.MonkeyPatch) -> None:
        self.scenario = scenario
        self.plans: dict[str, OrderPlan] = orders_of(scenario, others)
        self.retailer = Retailer()
        self.doors = open_doors(self.retailer, patch)
        self.clock = self.retailer.clock
        self.clock.instant = at_noon(self._first_day())
        self.entities = self._entities()
        for name, entity in self.entities.items():
            self.retailer.store(name, entity)
        self.ledger = Ledger(self.retailer.database, self.clock, TENANT, patch)
        self.tape: list[Fact | Sealed] = []
        self.book: dict[Any, Any] = {}
        self.row: Row | None = None
        self._apis: dict[tuple[str, str], Api] = {}
        self._seen = len(self.retailer.database.commits)
        self._quiet = self._history = 0
        self._calls = self._history_calls = 0
        self._keys = ""

    # What a row says.

    def plan(self, row: Row) -> OrderPlan:
        """The order that a row is about."""
        name = order_name(self.scenario, row)
        if name is None or name not in self.plans:
            raise CannotDo(f"{row.verb} names no order")
        return self.plans[name]

    def amount(self, row: Row, key: str = "amount", default: int = 0) -> int:
        """An amount of a row, in minor units of its currency."""
        text = row.get(key)
        return default if text is None else minor(text, self.currency(row))

    def currency(self, row: Row) -> str:
        given = row.get("currency")
        if given is None and row.get("order") in self.plans:
            given = self.plans[str(row.get("order"))].currency
        return given or DEFAULT[1]

    def store(self, row: Row) -> str:
        """The store of a row, or that of its drawer, or the only one of the scenario."""
        given = row.get("store")
        if given is None and row.get("drawer"):
            same = [one for one in self.scenario.rows if one.get("drawer") == row.get("drawer") and one.get("store")]
            given = same[0].get("store") if same else None
        named = list(self.entities)
        name = given or (named[0] if named else STORE)
        return self.retailer.store(name, self.entities.get(name) or row.get("entity") or DEFAULT[0])

    def entity(self, row: Row) -> str:
        return row.get("entity") or row.get("owner") or DEFAULT[0]

    def _entities(self) -> dict[str, str]:
        """The stores that rows name with the legal entities that own them: the one that acts there."""
        found: dict[str, str] = {}
        for row in self.scenario.rows:
            name = row.get("store")
            if name and (row.get("entity") or name not in found):
                found[name] = row.get("entity") or DEFAULT[0]
        return found

    def _first_day(self) -> date:
        days = [day for row in self.scenario.rows if (day := _day(row)) is not None]
        return min([*days, FIRST_DAY]) if days and min(days) < FIRST_DAY else (min(days) if days else FIRST_DAY)

    # Calls of the product.

    def api(self, function: str, *scopes: str, actor: str = "client-1") -> Api:
        """A function with a token; one token of a function has these scopes for good."""
        name = (function, actor)
        if name not in self._apis:
            self._apis[name] = api(self.doors, function, scopes, actor)
        else:
            self.doors.module(function)
        return self._apis[name]

    def post(self, caller: Api, path: str, body: Mapping[str, Any], **more: Any) -> Any:
        """Post a command; the body of its answer. The key follows from the row, so that a repeated row has it again.

        Raises Refused.
        """
        if self._quiet or not self._keys:
            self._history_calls += 1
            key = f"history-{self._history_calls}"
        else:
            self._calls += 1
            key = f"{self._keys}-{self._calls}"
        return self.checked(caller.post(path, dict(body), key=key, **more))

    @contextmanager
    def repeating(self, row: Row, *, fresh: bool) -> Iterator[None]:
        """Calls inside have the keys of an earlier row, or new ones."""
        keys, self._keys = self._keys, f"{row.name}-again" if fresh else row.name
        calls, self._calls = self._calls, 0
        try:
            yield
        finally:
            self._keys, self._calls = keys, calls

    def checked(self, answer: Answer) -> Any:
        if answer.status >= 300:
            if answer.body.get("code") == "not_found" and "route" in str(answer.body).lower():
                raise CannotDo("the product has no such route")
            raise Refused(answer)
        return answer.body

    # Facts.

    @contextmanager
    def quietly(self, *, counted: bool = False) -> Iterator[None]:
        """What is done inside is made for a row and not by it; its lines count only where that is said.

        So is the history that the scenario leaves out.
        """
        self.collect()
        self._quiet += 1
        self._history += not counted
        try:
            yield
        finally:
            self.collect()
            self._quiet -= 1
            self._history -= not counted

    def collect(self) -> None:
        """Note the facts that were told since the last time, and let the ledger post them."""
        database = self.retailer.database
        rows = database.events_since(self._seen)
        self._seen = len(database.commits)
        facts = [one for row in rows if has_rule(one := told(row, self.clock.now()))]
        noted = [Fact(one, None if self._history else self.row) for one in facts]
        self.tape += noted
        if facts:
            failed = self.ledger.post(*facts)
            if failed:
                raise CannotDo("; ".join(failed))
        self._seen = len(database.commits)
        by_event = {fact.told.id: fact for fact in noted}
        for entry in self.ledger.news():
            if entry.source_event in by_event:
                by_event[entry.source_event].entries.append(entry)

    @property
    def facts(self) -> list[Fact]:
        return [one for one in self.tape if isinstance(one, Fact)]

    def events(self, *types: str, order: str | None = None) -> list[dict[str, Any]]:
        """Every stored event of some types as the bus delivers it, oldest first."""
        found = [told(row, self.clock.now()) for row in self.retailer.database.events_since(0)]
        return [
            one.message for one in found if one.type in types and (order is None or one.data.get("order_id") == order)
        ]

    def play(self, row: Row, steps: Mapping[str, Step]) -> Done:
        """Do what a row says at its time."""
        self.row = row
        self._keys, self._calls = row.name, 0
        moment = _moment(row)
        self.clock.instant = moment if moment else self.clock.instant + timedelta(minutes=1)
        try:
            step = steps.get(row.verb)
            if step is None:
                raise CannotDo(f"the product cannot do {row.verb} yet")
            done = Done(answer=step(self, row) or {})
        except Refused as refused:
            done = Done(refused.code, str(refused), refused.body)
        except (CannotDo, BadTable) as error:
            done = Done("CANNOT", str(error))
        except Exception as error:  # noqa: BLE001 - whatever fails, fails this row
            done = Done("FAILED", f"{type(error).__name__}: {error}")
        self.collect()
        return done


def _day(row: Row) -> date | None:
    moment = _moment(row)
    return moment.date() if moment else None


_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def _moment(row: Row) -> datetime | None:
    """When a row happens, as far as it says so."""
    text = row.get("occurred") or row.get("date")
    if text is None:
        return None
    try:
        return at_noon(date.fromisoformat(text)) if _DATE.fullmatch(text) else parse_instant(text)
    except ValueError as error:
        raise BadTable(f"{text} is no date") from error


def sealed(play: Play, entity: str, on: date) -> None:
    """Close a business date by the last export of it, when it is over."""
    play.collect()
    over = at_noon(on + timedelta(days=1))
    if play.clock.now() < over:
        play.clock.instant = over
    play.tape.append(Sealed(entity, on, play.clock.now()))
    failed = play.ledger.export("close", (entity, on))
    if failed:
        raise CannotDo(failed[0])


def with_values(row: Row, **values: str) -> Row:
    """The same row with other values."""
    return replace(row, values={**row.values, **values})
