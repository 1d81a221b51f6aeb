"""The grammar of scenario tables: title rows, step rows and net-change rows of a Markdown table.

| column | holds |
|---|---|
| 1 | the row's name: the scenario's, a dot and a number; the scenario's with `=` for the net change |
| 2 | `verb key=value …`, `at=<instant> tz=<zone> …` or `replay of row <n> key=value …`; `-> …` is an answer to check |
| 3 | the lines that the row must post, or `none` |
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from tests.finance_scenarios.lines import BadTable, Expected, read_lines, read_net

# What a row may say; a verb that is not here is refused by name.
VERBS = frozenset(
    [
        "payment.authorized",
        "payment.auth_released",
        "payment.capture_failed",
        "payment.captured",
        "goods.transferred",
        "order.line_cancelled",
        "order.cancelled",
        "return.accepted",
        "refund.planned",
        "refund.requested",
        "refund.executed",
        "refund.failed",
        "pos.sale",
        "gift_card.sold",
        "gift_card.breakage",
        "appeasement.requested",
        "appeasement.approved",
        "appeasement.rejected",
        "drawer.opened",
        "drawer.paid_in",
        "drawer.paid_out",
        "drawer.drop",
        "drawer.closed",
        "drawer.variance_restated",
        "deposit.prepared",
        "bank.credited",
        "bank.debited",
        "suspense.resolved",
        "psp.payout",
        "dispute.funds_withdrawn",
        "dispute.won",
        "dispute.lost",
        "write_off.posted",
        "intercompany.settled",
        "intercompany.netted",
        "period.sealed",
        "period.reopened",
    ]
)
# What a row without a verb describes: a sale at an instant.
AT, REPLAY = "at", "replay"
_ID = r"[A-Za-z]+[0-9]+[A-Za-z0-9_-]*?"
_TITLE = re.compile(rf"\*\*({_ID})\*\*")
_STEP = re.compile(rf"({_ID})\.([0-9]+[a-z]?)")
_NET = re.compile(rf"({_ID})\s*=")
_TOKEN = re.compile(r"([A-Za-z_]+)=(\"[^\"]*\"|\S+)")
_REPLAY = re.compile(r"replay of (?:row )?(?:[A-Za-z]+[0-9]*\.)?([0-9]+[a-z]?)\b")


@dataclass(frozen=True, slots=True)
class Row:
    """One step: its verb, what it says, the answer to check and the lines it must post."""

    name: str
    number: str
    verb: str
    values: Mapping[str, str]
    answer: str | None
    lines: tuple[Expected, ...]
    # Whether the third column says anything; an empty one is not judged.
    judged: bool = True
    replays: str | None = None
    line_no: int = 0

    def get(self, key: str, default: str | None = None) -> str | None:
        return self.values.get(key, default)

    def answers(self) -> dict[str, str]:
        """The answer as names and values."""
        return {key: _bare(value) for key, value in _TOKEN.findall(self.answer or "")}


@dataclass(slots=True)
class Scenario:
    """The rows from a title to its net change; `faults` are rows that could not be read."""

    name: str
    title: str
    remark: str
    rows: list[Row] = field(default_factory=list)
    net: tuple[Expected, ...] | None = None
    faults: list[str] = field(default_factory=list)


def read_scenarios(text: str) -> list[Scenario]:
    """Every scenario of a file, in its order; text around the tables is passed over."""
    found: list[Scenario] = []
    current: Scenario | None = None
    for line_no, cells in _table_rows(text):
        title = _TITLE.fullmatch(cells[0])
        if title:
            plain = cells[1].replace("**", "")
            current = Scenario(title[1], _without_remarks(plain), " ".join(_remarks(plain)))
            found.append(current)
            continue
        if current is None:
            continue
        name = cells[0].strip("`* ")
        net, step = _NET.fullmatch(name), _STEP.fullmatch(name)
        try:
            if net and net[1] == current.name:
                current.net = read_net(_without_remarks(_cell(cells, 2)))
                current = None
            elif step and step[1] == current.name:
                row = _row(name, step[2], _cell(cells, 1), _cell(cells, 2), line_no)
                current.rows.append(_as_replay(current.rows, row))
            elif net or step:
                raise BadTable(f"the row belongs to another scenario than {current.name}")
        except BadTable as error:
            current = current or found[-1]
            current.faults.append(f"{name}, line {line_no}: {error}")
            if net:
                current = None
    return found


def _table_rows(text: str) -> Iterator[tuple[int, list[str]]]:
    for line_no, line in enumerate(text.splitlines(), start=1):
        bare = line.strip()
        if bare.startswith("|") and not set(bare) <= set("|-: "):
            yield line_no, [cell.strip() for cell in bare.strip("|").split("|")] + [""]


def _cell(cells: list[str], index: int) -> str:
    return cells[index].replace("`", "").strip() if index < len(cells) else ""


def _row(name: str, number: str, said: str, expected: str, line_no: int) -> Row:
    plain, arrow, answer = _without_remarks(said).partition("->")
    replay = _REPLAY.match(plain)
    if replay:
        verb, rest = REPLAY, plain[replay.end() :]
    elif plain.lstrip().startswith("at="):
        verb, rest = AT, plain
    else:
        verb, _, rest = plain.strip().partition(" ")
        if verb not in VERBS:
            raise BadTable(f"there is no verb {verb!r}")
    values = {key: _bare(value) for key, value in _TOKEN.findall(rest)}
    left = _TOKEN.sub("", rest).strip(" ,;…")
    if left and verb != REPLAY:
        raise BadTable(f"{left!r} is no key=value")
    if "expect" in _answers(answer):
        values.setdefault("expect", _answers(answer)["expect"])
    lines = _without_remarks(expected).strip(" .")
    judged = lines not in ("", "-", "—", "…")
    replays = replay[1] if replay else None
    shown = answer.strip() if arrow else None
    return Row(name, number, verb, values, shown, read_lines(lines) if judged else (), judged, replays, line_no)


def _as_replay(before: list[Row], row: Row) -> Row:
    """The same capture told again is a repetition of the row that told it first."""
    for one in before:
        for key in ("psp_capture", "event"):
            if row.verb == one.verb == "payment.captured" and row.get(key) and row.get(key) == one.get(key):
                values = {name: value for name, value in row.values.items() if one.get(name) != value}
                return replace(row, verb=REPLAY, replays=one.number, values=values)
    return row


def _answers(text: str) -> dict[str, str]:
    return dict(_TOKEN.findall(text))


def _bare(value: str) -> str:
    return value.strip('"').rstrip(",;")


def _without_remarks(text: str) -> str:
    plain, before = text, None
    while plain != before:
        plain, before = re.sub(r"\s*\([^()]*\)", "", plain), plain
    return plain.strip()


def _remarks(text: str) -> list[str]:
    return [found.strip("()") for found in re.findall(r"\([^()]*\)", text)]
