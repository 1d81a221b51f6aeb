"""The page of journeys names only doors, events, states, steps and refusals that there are."""

from __future__ import annotations

import json
import re

import pytest

from oms.fulfillment.model import Status
from oms.fulfillment.protocol import OURS, Action
from tests.architecture.sources import ROOT

PAGE = (ROOT / "docs" / "flows" / "journeys.md").read_text(encoding="utf-8")
PICTURES = re.findall(r"```mermaid\n(.*?)```", PAGE, re.DOTALL)
# Who takes steps of the node protocol.
NODES = {"store", "node that sends"}


def test_every_door_exists() -> None:
    paths = json.loads((ROOT / "docs" / "openapi.json").read_text(encoding="utf-8"))["paths"]
    doors = re.findall(r"\b(GET|POST|PUT|PATCH|DELETE) (/v1/[^\s,(]+)", PAGE)
    assert len(doors) >= 12
    assert [door for door in doors if door[0].lower() not in paths.get(door[1], {})] == []


def test_every_event_exists() -> None:
    known = {file.name.split(".")[0] for file in (ROOT / "events" / "schemas").glob("*.json")}
    named = {word for picture in PICTURES for word in re.findall(r"\b(?:[A-Z][a-z]+){2,}\b", picture)}
    assert len(named) >= 15
    assert named <= known


def test_every_state_exists() -> None:
    named = {word for picture in PICTURES for word in re.findall(r"\b[A-Z][A-Z_]{2,}\b", picture)}
    named -= {"GET", "POST"}
    assert len(named) >= 5
    assert named <= {status.value for status in Status}


def test_every_step_of_a_node_exists() -> None:
    steps = []
    for picture in PICTURES:
        nodes = [short for short, name in re.findall(r"participant (\w) as (.+)", picture) if name in NODES]
        said = re.findall(rf"^ +(?:{'|'.join(nodes) or '-'})->>O: (.+)$", picture, re.MULTILINE)
        spoken = [re.sub(r" \(.*\)$", "", one) for one in said if "/v1/" not in one]
        steps += [step for one in spoken for step in one.split(", ")]
    assert len(steps) >= 20
    assert set(steps) <= {action.value for action in Action} - {action.value for action in OURS}


@pytest.mark.parametrize("journey", ["test_pickup_journey", "test_counter_journey", "test_store_journey"])
def test_every_journey_that_is_played_is_on_the_page(journey: str) -> None:
    assert f"tests/journeys/{journey}.py" in PAGE


def test_every_refusal_exists() -> None:
    named = set(re.findall(r"\b(?:proof|collector|age|action)_\w+", " ".join(PICTURES))) - {"age_checked"}
    sources = [file.read_text(encoding="utf-8") for file in (ROOT / "layers" / "oms" / "python" / "oms").rglob("*.py")]
    codes = {code for text in sources for code in re.findall(r'^    code = "(\w+)"$', text, re.MULTILINE)}
    assert len(named) >= 4
    assert named <= codes
