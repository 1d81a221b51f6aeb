"""Reads who may do what out of a template."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tests.template import Template, of_type

# A rule's: `arn:aws:events:ap-southeast-1:123456789012:rule/`, its bus and its own name of 64 characters at most.
LONGEST_ARN = 180


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
    """Every statement of every role, with the role's logical id: those inside it, and those of policies beside it."""
    for name, properties in of_type(template, "AWS::IAM::Role").items():
        for policy in properties.get("Policies", ()):
            for statement in policy["PolicyDocument"]["Statement"]:
                yield name, statement
    for properties in of_type(template, "AWS::IAM::Policy").values():
        for role in properties["Roles"]:
            for statement in properties["PolicyDocument"]["Statement"]:
                yield role["Ref"], statement


def document_size(value: Any) -> int:
    """How many characters a policy's document may have at most once its references are filled in."""
    return len(json.dumps(_filled_in(value), separators=(",", ":")))


def _filled_in(value: Any) -> Any:
    if isinstance(value, list):
        return [_filled_in(part) for part in value]
    if not isinstance(value, dict):
        return value
    if "Fn::Join" in value:
        separator, parts = value["Fn::Join"]
        return separator.join(_filled_in(part) for part in parts)
    if "Ref" in value or "Fn::GetAtt" in value:
        return "x" * LONGEST_ARN
    return {name: _filled_in(part) for name, part in value.items()}


def rights(template: Template, role: str) -> set[tuple[str, str]]:
    """All (action, place) pairs that a role is allowed."""
    return {
        (action, place(resource))
        for owner, statement in statements(template)
        if owner == role
        for action in as_list(statement["Action"])
        for resource in as_list(statement["Resource"])
    }
