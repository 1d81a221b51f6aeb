"""The one way to an outside effect: asked under a stored key, looked up when in doubt, recorded once, never guessed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from oms.platform.clock import format_instant
from oms.platform.effects import (
    KEY_REMEMBERED,
    Effect,
    Intent,
    NoTrace,
    TransientFailure,
    Unknown,
    intent_since,
    perform,
)

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@dataclass
class Outside:
    """Gives the answers it was told to, one after another, and notes what it was asked."""

    asked: list[object] = field(default_factory=list)
    found: list[object] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)

    def run(self, *, in_doubt_for: timedelta | None = None, may_ask: bool = True) -> object:
        since = None if in_doubt_for is None else format_instant(NOW - in_doubt_for)
        effect = Effect(
            ask=lambda: self._step("ask", self.asked),
            look_up=lambda: self._step("look up", self.found),
            doubt=lambda reason: self.steps.append(f"doubt {reason}"),
            record=lambda answer: self._record(answer),
        )
        return perform(intent_since("key", "the effect", since, NOW, may_ask=may_ask), effect)

    def _step(self, name: str, answers: list[object]) -> object:
        self.steps.append(name)
        return answers.pop(0)

    def _record(self, answer: object) -> str:
        self.steps.append(f"record {answer}")
        return f"recorded {answer}"


def test_an_answer_is_recorded():
    outside = Outside(asked=["done"])
    assert outside.run() == "recorded done"
    assert outside.steps == ["ask", "record done"]


def test_a_lost_answer_is_looked_up_at_once():
    outside = Outside(asked=[Unknown("time-out")], found=["done"])
    assert outside.run() == "recorded done"
    assert outside.steps == ["ask", "look up", "record done"]


@pytest.mark.parametrize("found", [NoTrace(), Unknown("time-out")])
def test_what_nobody_knows_is_left_in_doubt_and_not_asked_twice(found: object):
    """Even without a trace: the call may still be on its way."""
    outside = Outside(asked=[Unknown("time-out")], found=[found])
    with pytest.raises(TransientFailure, match="the effect: time-out"):
        outside.run()
    assert outside.steps == ["ask", "look up", "doubt time-out"]


def test_what_is_in_doubt_is_looked_up_before_anything_is_asked():
    outside = Outside(found=["done"])
    assert outside.run(in_doubt_for=timedelta(minutes=1)) == "recorded done"
    assert outside.steps == ["look up", "record done"]


def test_a_doubt_is_stored_once():
    outside = Outside(found=[Unknown("status 503")])
    with pytest.raises(TransientFailure, match="status 503"):
        outside.run(in_doubt_for=timedelta(minutes=1))
    assert outside.steps == ["look up"]


def test_what_was_never_done_is_asked_again_while_its_key_is_remembered():
    outside = Outside(asked=["done"], found=[NoTrace()])
    assert outside.run(in_doubt_for=KEY_REMEMBERED - timedelta(seconds=1)) == "recorded done"
    assert outside.steps == ["look up", "ask", "record done"]


def test_what_may_be_forgotten_is_never_asked_again():
    outside = Outside(found=[NoTrace()])
    assert outside.run(in_doubt_for=KEY_REMEMBERED) == NoTrace()
    assert outside.steps == ["look up"]


@pytest.mark.parametrize(("found", "outcome"), [("done", "recorded done"), (NoTrace(), NoTrace())])
def test_what_is_not_wanted_any_more_is_only_looked_up(found: object, outcome: object):
    outside = Outside(found=[found])
    assert outside.run(may_ask=False) == outcome
    assert "ask" not in outside.steps


def test_keys_are_remembered_for_less_than_providers_keep_them():
    assert timedelta(hours=24) > KEY_REMEMBERED


def test_an_intent_knows_its_key_its_doubt_and_what_may_still_be_done():
    assert intent_since("key", "the effect", None, NOW) == Intent("key", "the effect", False, True, True)
    long_ago = format_instant(NOW - KEY_REMEMBERED)
    assert intent_since("key", "the effect", long_ago, NOW) == Intent("key", "the effect", True, False, True)
    assert intent_since("key", "the effect", None, NOW, may_ask=False).may_ask is False
