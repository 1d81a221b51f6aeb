"""Where the product touches the world, and where it touches the simulation instead. Put in place once per process.

Botocore's one client call method, the clock, chance, the environment, logs, the provider's connection, and what a warm
worker remembers in module globals. `running` is the simulation that all of them ask.
"""

from __future__ import annotations

import os
import sys
import types
from datetime import timedelta
from functools import cache, lru_cache
from typing import Any

from tests.simulation.machine.scheduler import EPOCH
from tests.template import ROOT

running: Any = None
# How many stored items are remembered in plain values.
MOST_ITEMS = 4_096


class Names:
    """A stand-in for a module: the given names, and everything else from the module itself."""

    def __init__(self, module: Any, **names: Any) -> None:
        self._module = module
        self.__dict__.update(names)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module, name)


class SimLogger:
    """The product's logger, as far as it uses it: each line is an event's name, its fields and its error's text."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, dict[str, Any], BaseException | None]] = []

    def info(self, message: str, **fields: Any) -> None:
        self.lines.append((message, fields, None))

    error = warning = info

    def exception(self, message: str, **fields: Any) -> None:
        self.lines.append((message, fields, sys.exc_info()[1]))

    def text(self) -> str:
        """All lines, each error with the errors that it came from."""
        return "\n".join(f"{message} {fields} {_chain(error)}".rstrip() for message, fields, error in self.lines)


def _chain(error: BaseException | None) -> str:
    parts = []
    while error is not None:
        parts.append(f"{type(error).__name__}: {error}")
        error = error.__cause__ or error.__context__
    return " <- ".join(parts)


@cache
def install() -> None:
    """Replace everything; the handlers must not be loaded before."""
    for variable, value in {
        "AWS_ACCESS_KEY_ID": "simulated",
        "AWS_SECRET_ACCESS_KEY": "simulated",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "POWERTOOLS_SERVICE_NAME": "simulation",
    }.items():
        os.environ[variable] = value
    os.environ.pop("AWS_ENDPOINT_URL", None)
    layer = str(ROOT / "layers" / "oms" / "python")
    if layer not in sys.path:
        sys.path.insert(0, layer)
    _calls()
    _observability()
    _time_and_chance()
    _environment()
    _provider()
    _texts()


def _calls() -> None:
    from botocore.client import BaseClient

    original = BaseClient._make_api_call

    def call(client: Any, operation: str, request: dict[str, Any]) -> Any:
        if client._endpoint.host.startswith("http://127.0.0.1:"):
            # Not the product's: a test that compares with the engine of this machine.
            return original(client, operation, request)
        return running.aws.call(client._service_model.service_name, operation, request)

    BaseClient._make_api_call = call


def _observability() -> None:
    import oms.platform.observability as observability

    observability.logger = lambda: running.logger


def _time_and_chance() -> None:
    from oms.platform import clock, ids

    last = (0, EPOCH)

    def now(_: Any) -> Any:
        # Between two calls to the outside no time passes, and the clock is asked again and again.
        nonlocal last
        instant = running.worker_time()
        if instant != last[0]:
            last = (instant, EPOCH + timedelta(milliseconds=instant))
        return last[1]

    clock.SystemClock.now = now
    ids.TimeOrderedIds.__init__.__defaults__ = (lambda count: running.chance.randbytes(count),)


def _environment() -> None:
    from oms.platform import settings

    settings.os = types.SimpleNamespace(environ={})


def _provider() -> None:
    """The real adapter on a connection of ours; what a warm worker keeps of it is kept with the worker."""
    from oms.activations.adapters import configured as activations
    from oms.carriers.adapters import configured as carriers
    from oms.payments.adapters import calls, configured
    from oms.webhooks.adapters import sender
    from tests.simulation.machine.psp import Connection
    from tests.simulation.machine.subscriber import Connection as Connected

    client = Names(calls.http.client, HTTPConnection=Connection, HTTPSConnection=Connection)
    calls.http = Names(calls.http, client=client)
    calls.select = types.SimpleNamespace(select=lambda *_: ([], [], []))
    configured.time = types.SimpleNamespace(monotonic=lambda: running.scheduler.now / 1000)
    for name in ("_secret", "_strict", "_stripe", "_adyen"):
        original = getattr(configured, name).__wrapped__
        setattr(configured, name, _remembered(name, original))
    activations._account = _remembered("_account", activations._account.__wrapped__)
    carriers._easypost = _remembered("_easypost", carriers._easypost.__wrapped__)
    sender._connected = Connected
    sender.time = configured.time


def _texts() -> None:
    """A stored text that is read again gives the same frozen object again: who reads it cannot change it."""
    from pydantic import BaseModel

    from oms.orders import store

    validate = BaseModel.model_validate_json.__func__  # type: ignore[attr-defined]

    @lru_cache(maxsize=4_096)
    def known(model: Any, text: str) -> Any:
        return validate(model, text)

    def model_validate_json(model: Any, text: Any, **more: Any) -> Any:
        if more or type(text) is not str or not model.model_config.get("frozen"):
            return validate(model, text, **more)
        return known(model, text)

    BaseModel.model_validate_json = classmethod(model_validate_json)
    lines = store._LINES.validate_json
    _items()
    store._LINES = Names(store._LINES, validate_json=lru_cache(maxsize=1_024)(lambda text: tuple(lines(text))))
    put_together = store.order_from_items
    together = lru_cache(maxsize=512)(lambda rows: put_together([dict(row) for row in rows]))

    def order_from_items(items: Any) -> Any:
        rows = list(items)
        known = tuple([tuple(row.items()) for row in rows])
        try:
            hash(known)
        except TypeError:
            # There are lists or maps in it.
            return put_together(rows)
        return together(known)

    store.order_from_items = order_from_items


def _items() -> None:
    """A stored item is replaced and never changed in place, so what it says in plain values is found out once."""
    import oms.platform.dynamodb as dynamodb

    read = dynamodb.from_attributes
    known: dict[int, tuple[Any, dict[str, Any]]] = {}

    def from_attributes(row: Any) -> dict[str, Any]:
        found = known.get(id(row))
        if found is not None and found[0] is row:
            return found[1].copy()
        values = read(row)
        if not any(type(value) in (list, dict) for value in values.values()):
            # The row is kept as well, so that no other one gets its number.
            if len(known) >= MOST_ITEMS:
                known.clear()
            known[id(row)] = (row, values.copy())
        return values

    dynamodb.from_attributes = from_attributes


@cache
def files() -> None:
    """The files of an export, which are written once for the same entries; their library is dear to load."""
    import oms.finance.exports.batch as batch
    from tests.simulation.machine.known_files import known_files

    batch.JournalFiles = known_files(batch.JournalFiles)


def _remembered(name: str, make: Any) -> Any:
    def remembered(*arguments: Any) -> Any:
        memory = running.worker.memory
        key = (name, *arguments)
        if key not in memory:
            memory[key] = make(*arguments)
        return memory[key]

    return remembered
