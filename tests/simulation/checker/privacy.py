"""INV12: no card number, no token and no secret in anything that is kept or sent; no canary where people are not kept.

Texts that are written over are kept until then; all are read at once at quiet.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from tests.simulation.checker.evidence import Evidence, Item, Report
from tests.simulation.checker.picture import Commit, Picture

# 13 to 19 digits, in groups or not. What stands directly before or behind is looked at afterwards.
DIGITS = re.compile(r"(?<!\d)\d(?:[ -]?\d){12,18}(?!\d)")
# A quick look: digits and gaps long enough for it, all written as 0, and the words that tokens and secrets begin with.
ALIKE = str.maketrans("123456789 -", "0" * 11)
RUN = "0" * 13
CLUES = ("earer", "eyJ", "whsec_", "sk_live_", "sk_test_")
# Issuers of cards: American Express, Diners, Discover, JCB, Mastercard, UnionPay, Visa (ISO/IEC 7812-1).
ISSUER = re.compile(r"^(?:3[0-9]|4|5[0-8]|6[0-9]|2[2-7])")
HASH = re.compile(r"[0-9a-f]{32,}")
TOKEN = re.compile(r"[Bb]earer\s+[A-Za-z0-9._~+/=-]{16,}|\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*")
SECRET = re.compile(r"\bwhsec_[A-Za-z0-9]+|\bsk_(?:live|test)_[A-Za-z0-9]+")
_SHORTEST = 13


class PrivacyRules:
    """What was written over in a run, and the words that must be nowhere in it."""

    def __init__(self, secrets: Iterable[str] = (), canaries: Iterable[str] = ()) -> None:
        self._secrets = tuple(secrets)
        self._canaries = tuple(canaries)
        self._written: list[str] = []

    def after_commit(self, commit: Commit) -> None:
        # What is not written over is still there at quiet.
        for change in commit.all:
            if change.before is not None:
                self._written += texts_of(change.before)

    def everything(self, picture: Picture, evidence: Evidence, report: Report) -> None:
        kept = [("tables, written over", text) for text in dict.fromkeys(self._written)]
        told = list(_sinks(evidence))
        stored = _stored(picture)
        known = {text for _, text in stored}
        texts = [*stored, *((where, text) for where, text in kept if text not in known), *told]
        for where, text in _suspicious(texts, self._secrets):
            for what in findings(text, self._secrets):
                report.note("INV12", where, what)
        for where, text in told:
            for canary in self._canaries:
                if canary in text:
                    report.note("INV12", where, f"holds the personal words {canary!r}")


def texts_of(item: Item) -> list[str]:
    """The texts of an item that are long enough to hold anything."""
    texts = []
    for value in item.values():
        if type(value) is str:
            if len(value) >= _SHORTEST:
                texts.append(value)
        elif value and type(value) in (dict, list):
            texts.append(json.dumps(value))
    return texts


def _stored(picture: Picture) -> list[tuple[str, str]]:
    return [
        (f"{table} {pk} {sk}", text)
        for table, partitions in picture.partitions.items()
        for pk, items in partitions.items()
        for sk, item in items.items()
        for text in texts_of(item)
    ]


def _sinks(evidence: Evidence) -> Iterator[tuple[str, str]]:
    """Where things end up beside the tables."""
    yield "logs", evidence.logs
    for key, content in evidence.objects.items():
        unpacked = gzip.decompress(content) if key.endswith(".gz") else content
        yield f"object {key}", unpacked.decode("utf-8", "replace")
    for key, versions in evidence.intake.items():
        # What others drop is theirs, and we hold it for a month; our answers must not repeat it.
        if key.startswith("results/"):
            yield f"object {key}", b"\n".join(versions).decode("utf-8", "replace")
    for name in ("bus", "executions", "in_flight", "dead"):
        documents = getattr(evidence, name)
        if name == "bus":
            # Our own events are stored as well, and read there.
            documents = [entry for entry in documents if entry.get("source") != "spine"]
        for document in documents:
            yield name, _text(document)


def _suspicious(texts: list[tuple[str, str]], secrets: Iterable[str]) -> list[tuple[str, str]]:
    """The texts in which something can be; mostly one quick look at all of them together shows that these are none."""
    wanted = [clue for clue in (*CLUES, *secrets) if clue]
    if not _holds_any("\n".join(text for _, text in texts), wanted):
        return []
    return [(where, text) for where, text in texts if _holds_any(text, wanted)]


def _holds_any(text: str, clues: Iterable[str]) -> bool:
    """Whether a text holds a clue, or digits that are built like a card number."""
    if any(clue in text for clue in clues):
        return True
    return any(is_card_number(digits) for run in _runs(text) for digits in DIGITS.findall(run))


def _runs(text: str) -> Iterator[str]:
    """The longest runs of digits and gaps that could hold a card number."""
    alike = text.translate(ALIKE)
    begin = alike.find(RUN)
    while begin >= 0:
        end = begin + len(RUN)
        while alike.startswith("0", end):
            end += 1
        yield text[begin:end]
        begin = alike.find(RUN, end)


def findings(text: str, secrets: Iterable[str] = ()) -> Iterator[str]:
    """What a text holds that it must not, without repeating it."""
    for match in DIGITS.finditer(text):
        if is_card_number(match[0]) and not _is_hash(text, match):
            yield f"what looks like a card number, ending in {match[0][-4:]}"
    if TOKEN.search(text):
        yield "a bearer token"
    if SECRET.search(text):
        yield "a secret by its form"
    for secret in secrets:
        if secret and secret in text:
            yield f"a secret of {len(secret)} letters"


def is_card_number(digits: str) -> bool:
    """Whether digits begin like a card number and end in the right check digit (Luhn)."""
    digits = re.sub(r"\D", "", digits)
    if not ISSUER.match(digits):
        return False
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def _is_hash(text: str, match: re.Match[str]) -> bool:
    """Whether the digits are part of a hash in hexadecimal."""
    around = HASH.finditer(text, max(0, match.start() - 64), match.end() + 64)
    return any(found.start() <= match.start() and match.end() <= found.end() for found in around)


def _text(document: Any) -> str:
    return document if isinstance(document, str) else json.dumps(document, default=str)
