"""The retailer of one scenario: an empty tenant with the real handlers, made as far as the scenario needs it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from oms.payments.port import Approved, AuthorizeRequest, CaptureRequest, Declined, Result
from oms.platform.clock import FixedClock
from oms.registry import reads as registry
from oms.registry.store import node_write
from tests.finance_scenarios.ledger import at_noon
from tests.finance_scenarios.tables import Tables
from tests.functions.conftest import Answer, Api
from tests.order_doors import Doors
from tests.order_nodes import node
from tests.order_world import TENANT, World
from tests.scripted_provider import ScriptedProvider

FIRST_DAY = date(2026, 11, 20)


class CannotDo(Exception):
    """The product has no way yet to do what a row says."""


class Refused(Exception):
    """The product refused a command; `code` is its problem's, `body` the whole answer."""

    def __init__(self, answer: Answer) -> None:
        wrong = [f"{one.get('pointer')} {one.get('detail')}" for one in answer.body.get("errors") or ()]
        said = "; ".join(wrong) or answer.body.get("detail") or answer.body
        super().__init__(f"{answer.status} {answer.body.get('code')}: {said}")
        self.code = str(answer.body.get("code"))
        self.body = answer.body


@dataclass
class TableProvider(ScriptedProvider):
    """A strict provider that does what the rows of the scenario say: it approves, takes and lets go as they do.

    `holds` are the authorisations that it still approves by order; without an entry it approves all. `lets_go` are the
    amounts captured, by order, with which it releases the rest. What `poor` tokens pay with is held and never taken.
    """

    now: Callable[[], datetime] = lambda: at_noon(FIRST_DAY)
    holds: dict[str, int] = field(default_factory=dict)
    lets_go: dict[str, list[int]] = field(default_factory=dict)
    poor: set[str] = field(default_factory=set)
    _refuses: set[str] = field(default_factory=set)

    def authorize(self, request: AuthorizeRequest, *, key: str) -> Result:
        if key not in self._answers and request.order_id in self.holds and not self.script.get("authorize"):
            if not self.holds[request.order_id]:
                return Declined("insufficient_funds")
            self.holds[request.order_id] -= 1
        result = super().authorize(request, key=key)
        if isinstance(result, Approved):
            if request.token in self.poor:
                self._refuses.add(result.reference)
            return replace(result, capture_before=self.now() + timedelta(days=30))
        return result

    def capture(self, request: CaptureRequest, *, key: str) -> Result:
        if request.reference in self._refuses:
            return Declined("processor_declined", request.reference)
        held = self.held.get(request.reference)
        last = self.lets_go.get(held.order_id, []) if held else []
        if request.amount in last and key not in self._answers:
            last.remove(request.amount)
            return self._last_capture(request, key)
        return super().capture(request, key=key)

    def _last_capture(self, request: CaptureRequest, key: str) -> Result:
        """A capture after which nothing of the authorisation is held any more."""
        result, held = super().capture(request, key=key), self.held[request.reference]
        if not isinstance(result, Approved) or result.movement_id is None:
            return result
        rest = held.capturable
        held.released += rest
        held.movements[result.movement_id] = replace(held.movements[result.movement_id], released=rest)
        result = replace(result, released=rest)
        self._answers[key] = (request, result)
        return result


class Retailer(World):
    """A tenant with its web site and one warehouse; stores come as rows name them."""

    def __init__(self) -> None:
        self.stores: dict[str, str] = {}
        clock = FixedClock(at_noon(FIRST_DAY))
        super().__init__(database=Tables(), clock=clock, provider=TableProvider(now=clock.now))

    def store(self, name: str, entity: str, **details: Any) -> str:
        """A store of a legal entity, which serves every journey."""
        if name not in self.stores:
            self.stores[name] = entity
            kind = "web" if name.startswith("WEB") else "store"
            made = node(name, kind, 42.6, -73.7, legal_entity=entity, **details)
            self.database.commit([node_write(TENANT, made)])
            registry.forget()
        return name

    def site(self, entity: str) -> str:
        """The web site of a legal entity."""
        return "WEB" if entity == "100" else self.store(f"WEB{entity}", entity)


def open_doors(retailer: Retailer, patch: pytest.MonkeyPatch) -> Doors:
    """Every function over a retailer, until the patch is undone."""
    registry.forget()
    return Doors(retailer, patch)


def api(doors: Doors, function: str, scopes: tuple[str, ...], actor: str = "client-1") -> Api:
    """A function called with a token of its own; one that does not exist is something that the product cannot do."""
    try:
        handler = doors.module(function).handler
    except ModuleNotFoundError as error:
        raise CannotDo(f"there is no function {function}") from error
    return Api(handler, scopes, TENANT, actor=actor)
