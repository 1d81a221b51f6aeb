"""The routes as the handlers have them: read, not run.

Which scope a route asks for, which body and query it reads and whether it needs a key stand in the calls that its
function makes.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from pydantic import BaseModel

from tools.event_contracts import ROOT

MUTATING = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_READERS = frozenset({"read", "read_optional", "named_by_path"})
_QUERY_READERS = frozenset({"validate", "read_query"})


@dataclass(frozen=True, slots=True)
class Handled:
    """A route as its handler has it: where it is, what it asks for and what it reads."""

    method: str
    path: str
    function: str
    name: str
    scope: str | None
    needs_key: bool
    body: type[BaseModel] | None
    body_optional: bool
    query: type[BaseModel] | None
    picks_fields: bool

    @property
    def key(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def parameters(self) -> list[str]:
        return re.findall(r"{(\w+)}", self.path)


@cache
def handled_routes() -> tuple[Handled, ...]:
    """Every route of every HTTP function, by path and method; read once, since it takes a while."""
    found = []
    for path in sorted((ROOT / "functions").glob("*/handler.py")):
        module = importlib.import_module(f"functions.{path.parent.name}.handler")
        if hasattr(module, "app"):
            routes = [*module.app._static_routes, *module.app._dynamic_routes]
            found += [_handled(path.parent.name, route) for route in routes]
    return tuple(sorted(found, key=lambda route: (route.path, route.method)))


def _handled(function: str, route: Any) -> Handled:
    calls = list(_calls(route.func))
    scope = next((node.args[1].value for name, node in calls if name == "caller"), None)  # type: ignore[attr-defined]
    names = {**route.func.__globals__, **inspect.getclosurevars(route.func).nonlocals}
    bodies = [(name, model) for name, model in _models(names, calls, _READERS)]
    queries = [model for _, model in _models(names, calls, _QUERY_READERS)]
    return Handled(
        method=route.method[0] if isinstance(route.method, list | tuple) else route.method,
        path=re.sub(r"<(\w+)>", r"{\1}", route.path),
        function=function,
        name=route.func.__name__,
        scope=scope,
        needs_key=any(name == "call" for name, _ in calls),
        body=bodies[0][1] if bodies else None,
        body_optional=bool(bodies) and bodies[0][0] == "read_optional",
        query=queries[0] if queries else None,
        picks_fields=any(name == "some_fields" for name, _ in calls),
    )


def _calls(function: Any) -> Iterator[tuple[str, ast.Call]]:
    """Name and node of every call in a route function; `http.read(…)` and `read(…)` have the same name."""
    for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(function)))):
        if isinstance(node, ast.Call):
            named = node.func
            yield (named.attr if isinstance(named, ast.Attribute) else getattr(named, "id", "")), node


def _models(
    names: Mapping[str, Any], calls: Iterable[tuple[str, ast.Call]], readers: frozenset[str]
) -> Iterator[tuple[str, type[BaseModel]]]:
    for name, node in calls:
        if name in readers:
            for argument in node.args:
                model = names.get(argument.id) if isinstance(argument, ast.Name) else None
                if isinstance(model, type) and issubclass(model, BaseModel):
                    yield name, model
