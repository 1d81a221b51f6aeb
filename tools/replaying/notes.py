"""What a replay writes down in the state folder: an interrupted one can go on, a repeated one changes nothing.

STATE/replays/<run>.json holds which documents the run is about, and the clock, the stock and the books before it.
"""

import contextlib
import fcntl
import hashlib
import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tools.replaying.documents import Document

# Letters only: digits beside a document's number could look like a card number, which the API refuses.
_LETTERS = "bcdfghjkmnpqrstvwxz"
_LENGTH = 8


class WrongRun(Exception):
    """The run cannot be used like this; the text says why."""


@dataclass(slots=True)
class Notes:
    """`clock` in seconds; units per SKU as [on hand, promised]; pennies per account and currency as [debit, credit]."""

    run: str
    documents: str
    clock: int = 0
    stock: dict[str, list[int]] = field(default_factory=dict)
    ledger: dict[str, list[int]] = field(default_factory=dict)
    finished: bool = False


def new_run() -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))


def fingerprint(documents: Sequence[Document]) -> str:
    """Return what tells two selections of documents apart."""
    return hashlib.sha256("\n".join(repr(document) for document in documents).encode()).hexdigest()


def read_notes(state: Path, run: str, documents: Sequence[Document]) -> Notes | None:
    """Return what an earlier start of this run wrote down; raises WrongRun when it was about other documents."""
    if not run.isalpha() or not run.islower() or not run.isascii():
        raise WrongRun(f"RUN={run} is not made of small letters")
    try:
        notes = Notes(**json.loads(_file(state, run).read_text()))
    except FileNotFoundError:
        return None
    if notes.documents != fingerprint(documents):
        raise WrongRun(f"run {run} was about other documents: leave RUN out for a new one")
    return notes


def write_notes(state: Path, notes: Notes) -> None:
    file = _file(state, notes.run)
    file.parent.mkdir(exist_ok=True)
    draft = file.with_suffix(".new")
    draft.write_text(json.dumps(_plain(notes)) + "\n")
    draft.replace(file)


def _plain(notes: Notes) -> Mapping[str, object]:
    return {name: getattr(notes, name) for name in Notes.__slots__}


def _file(state: Path, run: str) -> Path:
    return state / "replays" / f"{run}.json"


@contextlib.contextmanager
def only_one(state: Path) -> Iterator[None]:
    """Let one replay at a time move the clock of a system; a second one raises WrongRun."""
    with open(state / "replay.lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise WrongRun(f"another replay is moving the clock of the system in {state}") from None
        yield
