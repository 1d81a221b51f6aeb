"""However the log of a device is cut, repeated and shuffled on its way, work and stock end the same."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.device_doors import action, linked, tell, units
from tests.functions.test_rerouting import begun
from tests.order_doors import Doors
from tests.order_world import World, line


def boxed(number: int, quantity: int) -> dict[str, Any]:
    return {"carton_no": number, "lines": units(1, quantity)}


def log_of(kind: str, work: str) -> list[dict[str, Any]]:
    """What one device did, each after the one before it; each log has a step back, a shortage or parts."""
    short = [{"line_no": 1, "quantity": 1, "reason": "damaged"}]
    refused = [{"line_no": 1, "quantity": 1, "reason": "changed_mind"}]
    steps: dict[str, list[tuple[str, dict[str, Any]]]] = {
        "parts": [
            ("pick", {"lines": units(1, 1)}),
            ("pick", {"lines": units(1, 1), "short": short}),
            ("ship", {"lines": units(1, 1)}),
            ("pick", {}),
            ("ship", {}),
        ],
        "cartons": [
            ("accept", {}),
            ("pick", {"short": short}),
            ("pack", {"cartons": [boxed(1, 3)]}),
            ("unpack", {}),
            ("pack", {"cartons": [boxed(1, 1), boxed(2, 2)]}),
            ("ship", {}),
        ],
        "counter": [
            ("pick", {"lines": units(1, 3)}),
            ("stage", {"bay": "B1"}),
            ("unstage", {}),
            ("stage", {"bay": "B2"}),
            ("hand-over", {"refused": refused}),
        ],
        "given up": [
            ("pick", {"lines": units(1, 3)}),
            ("ship", {"lines": units(1, 2)}),
            ("close", {"reason": "not_found"}),
        ],
    }
    return linked([action(name, work, at, f"{at}-{name}", **body) for at, (name, body) in enumerate(steps[kind])])


class Told:
    """A retailer with one piece of work of four units, and a device that keeps what was not answered finally."""

    def __init__(self, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.world = World()
        self.doors = Doors(self.world, monkeypatch)
        counter = {"method": "pickup", "pickup_node": "DC1"} if kind == "counter" else {}
        self.order_id, self.work = begun(self.doors, line("A", 4, **counter))
        self.log = log_of(kind, self.work)
        self.answers: dict[str, Any] = {}

    def tell(self, *actions: dict[str, Any]) -> list[dict[str, Any]]:
        """The actions that must be sent again; whatever was answered finally is answered so ever after."""
        again = []
        for one, answer in zip(actions, tell(self.doors, *actions).body["results"], strict=True):
            if answer["result"] == "refused":
                assert answer["problem"]["code"] == "earlier_action_missing"
                again.append(one)
            else:
                assert self.answers.setdefault(one["id"], answer) == answer
        return again

    @property
    def end(self) -> tuple[Any, ...]:
        """What work, order and stock are like, without the names that each run makes."""
        self.world.check()
        work = self.world.work(self.work)
        stock = self.world.stock("A", "DC1")
        kept = {"status", "lines", "cartons", "staging_bay", "closed_reason", "rejected_reason"}
        order = self.doors.see(self.order_id)
        shipped = [[part["quantity"] for part in one["lines"]] for one in order["shipments"]]
        return (
            work.model_dump(mode="json", include=kept),
            (stock.on_hand, stock.allocated, stock.damaged, stock.blocked, stock.available),
            (order["status"], order["lines"][0]["quantities"], shipped),
            self.answers,
        )


@lru_cache
def end_in_order(kind: str) -> tuple[Any, ...]:
    with pytest.MonkeyPatch.context() as patched:
        told = Told(kind, patched)
        assert told.tell(*told.log) == []
        assert {one["result"] for one in told.answers.values()} == {"done"}
        return told.end


@pytest.mark.capability("G9")
@pytest.mark.parametrize("kind", ["parts", "cartons", "counter", "given up"])
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_any_permutation_duplication_and_split_of_a_log_ends_the_same(kind: str, data: st.DataObject):
    with pytest.MonkeyPatch.context() as patched:
        told = Told(kind, patched)
        repeated = data.draw(st.lists(st.sampled_from(told.log), max_size=4))
        sent = data.draw(st.permutations([*told.log, *repeated]))
        waiting: list[dict[str, Any]] = []
        while sent:
            cut = data.draw(st.integers(1, len(sent)))
            batch, sent = sent[:cut], sent[cut:]
            # What could not be taken yet goes with a later list, or is all that is sent.
            later = data.draw(st.booleans())
            waiting = told.tell(*batch, *waiting) if later else [*waiting, *told.tell(*batch)]
        while waiting:
            left = told.tell(*waiting)
            assert len(left) < len(waiting)
            waiting = left
        assert told.end == end_in_order(kind)
