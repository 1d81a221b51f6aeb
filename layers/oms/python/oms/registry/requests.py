"""How registry calls are read: bulk bodies, an object named by its path, and the filters of the list of nodes."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, Field

from oms.platform.fields import Code, Instant
from oms.platform.intake import Request, read_json, validate
from oms.platform.problems import FieldError, InvalidRequest
from oms.registry.model import NodeKind

MOST_PER_PAGE = 200

M = TypeVar("M", bound=BaseModel)
Rows = Annotated[list[Any], Field(min_length=1)]


class PutNodes(Request):
    """Many nodes; each row is read for itself, so that a wrong one stops no other."""

    nodes: Rows


class PutItems(Request):
    """Many items; each row is read for itself."""

    items: Rows


class NodeFilter(Request):
    """Which nodes to list: as they are in force `at` an instant, of one kind, after a `cursor`."""

    at: Instant | None = None
    kind: NodeKind | None = None
    cursor: Code | None = None
    limit: Annotated[int, Field(ge=1, le=MOST_PER_PAGE)] = 100


class At(Request):
    """The instant of a read; now, where it is left out."""

    at: Instant | None = None


def named_by_path(model: type[M], body: str | None, name: str, value: str) -> M:
    """A put whose object is named in the path; the body may repeat the name but not contradict it."""
    document = read_json(body)
    if not isinstance(document, dict):
        return validate(model, document)
    if document.get(name, value) != value:
        raise InvalidRequest(errors=[FieldError(f"/{name}", "not_the_path", "the path names another object")])
    return validate(model, {**document, name: value})
