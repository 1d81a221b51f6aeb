"""The stacks of a synthesised app as one template: what one takes from another stands in its place again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from local.state import STACKS

Template = dict[str, Any]


def template_files(folder: Path) -> list[Path]:
    """The template of each stack in an assembly."""
    return [folder / f"{stack}.template.json" for stack in STACKS]


def whole_template(folder: Path) -> Template:
    """All resources and outputs of an assembly; what is only handed from stack to stack is left out."""
    parts = [json.loads(path.read_text()) for path in template_files(folder)]
    exported = {
        output["Export"]["Name"]: output["Value"]
        for part in parts
        for output in part.get("Outputs", {}).values()
        if "Export" in output
    }
    whole: Template = {}
    for part in parts:
        for section, content in part.items():
            if isinstance(content, dict):
                kept = {name: row for name, row in content.items() if section != "Outputs" or "Export" not in row}
                whole.setdefault(section, {}).update(_filled_in(kept, exported))
            else:
                whole.setdefault(section, content)
    return whole


def _filled_in(value: Any, exported: Mapping[str, Any]) -> Any:
    if isinstance(value, list):
        return [_filled_in(part, exported) for part in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"Fn::ImportValue"}:
        return exported[value["Fn::ImportValue"]]
    return {name: _filled_in(part, exported) for name, part in value.items()}
