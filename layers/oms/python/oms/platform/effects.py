"""Effects: what is done outside our tables, such as moving money at a provider or writing a file. Each is done once.

1. The intent is stored by the transaction that decided on the effect, and its outside key follows from what is stored.
2. The outside is asked under that key. Where an earlier run may have asked and heard nothing, it is looked up first.
3. The answer is recorded under that key, once, in the transaction of the change that it makes.
4. An answer that nobody knows is stored as a doubt. What is left open is found by the sweeper, which looks it up.

No key is ever made anew for the same intent, and no outcome is guessed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from oms.platform.clock import parse_instant

# How long the outside certainly knows a key again: providers forget it after 24 hours, and a later repeat would be a
# new effect (Stripe's documentation of idempotent requests, 2026-11).
KEY_REMEMBERED = timedelta(hours=20)

Answer = TypeVar("Answer")
Recorded = TypeVar("Recorded")


class TransientFailure(RuntimeError):
    """The outcome of an effect is not known yet; the same step may be repeated."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nobody knows whether it was done: no answer came, or one that says nothing. Look it up by its key."""

    reason: str


@dataclass(frozen=True, slots=True)
class NoTrace:
    """The outside has never done anything under this key; the call may be made with the same key."""


@dataclass(frozen=True, slots=True)
class Intent:
    """A stored wish for one effect: its outside key, and what it is in words.

    `in_doubt` says that an earlier call got no answer, `may_repeat` that the outside certainly still knows its key.
    `may_ask` is False where the effect is no longer wanted: then it is only looked up.
    """

    key: str
    what: str
    in_doubt: bool = False
    may_repeat: bool = True
    may_ask: bool = True


def intent_since(key: str, what: str, in_doubt_since: str | None, now: datetime, *, may_ask: bool = True) -> Intent:
    """An intent that has been in doubt since an instant; None means that it is not."""
    may_repeat = in_doubt_since is None or now - parse_instant(in_doubt_since) < KEY_REMEMBERED
    return Intent(key, what, in_doubt_since is not None, may_repeat, may_ask)


@dataclass(frozen=True)
class Effect(Generic[Answer, Recorded]):
    """How one effect is done: asked for, looked up by its key, left in doubt, and recorded."""

    ask: Callable[[], Answer | Unknown]
    look_up: Callable[[], Answer | Unknown | NoTrace]
    doubt: Callable[[str], object]
    record: Callable[[Answer], Recorded]


def perform(intent: Intent, effect: Effect[Answer, Recorded]) -> Recorded | NoTrace:
    """Bring a stored intent to its recorded outcome.

    NoTrace means that nothing was done and nothing may be asked: the intent is not wanted any more, or its key may be
    forgotten by now. Raises TransientFailure while the outcome is unknown; the doubt is stored by then.
    """
    answer = _answer(intent, effect)
    if isinstance(answer, Unknown):
        if not intent.in_doubt:
            effect.doubt(answer.reason)
        raise TransientFailure(f"{intent.what}: {answer.reason}")
    return answer if isinstance(answer, NoTrace) else effect.record(answer)


def _answer(intent: Intent, effect: Effect[Answer, Recorded]) -> Answer | Unknown | NoTrace:
    if intent.may_ask and not intent.in_doubt:
        answer = effect.ask()
        if not isinstance(answer, Unknown):
            return answer
        found = effect.look_up()
        return answer if isinstance(found, NoTrace) else found
    found = effect.look_up()
    if isinstance(found, NoTrace) and intent.may_ask and intent.may_repeat:
        return effect.ask()
    return found
