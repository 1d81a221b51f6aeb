"""Reads who may do what out of a template."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.template import Template, of_type


def as_list(value: Any) -> list[Any]:
    """A policy's field, which may hold one thing or a list of them."""
    return value if isinstance(value, list) else [value]


def place(value: Any) -> str:
    """A short text for a resource of a statement: `OrdersTable`, `OrdersTable/index/by_status`, `*`."""
    if isinstance(value, str):
        return value
    if "Ref" in value:
        return value["Ref"]
    if "Fn::GetAtt" in value:
        logical_id, attribute = value["Fn::GetAtt"]
        # A secret's ARN is its Id.
        return logical_id if attribute in ("Arn", "Id") else f"{logical_id}.{attribute}"
    separator, parts = value["Fn::Join"]
    return separator.join(place(part) for part in parts)


def statements(template: Template) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every statement of every role's policies, with the role's logical id."""
    for properties in of_type(template, "AWS::IAM::Policy").values():
        for role in properties["Roles"]:
            for statement in properties["PolicyDocument"]["Statement"]:
                yield role["Ref"], statement


def rights(template: Template, role: str) -> set[tuple[str, str]]:
    """All (action, place) pairs that a role is allowed."""
    return {
        (action, place(resource))
        for owner, statement in statements(template)
        if owner == role
        for action in as_list(statement["Action"])
        for resource in as_list(statement["Resource"])
    }
