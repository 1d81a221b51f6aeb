"""`python -m tests.simulation.export_schedules [--runs 10000]`: an export that breaks off again and again.

Each run is drawn from its number: facts with money come in before, between and after the wishes for files of their
business date, also while these are written and after the date was closed; and the function that writes them breaks at
several of its calls to S3 and DynamoDB. What comes back comes back until it is done, then every date is closed.

    fail before      the call is refused, or the function dies before it
    crash after      it happens, and the function dies before it hears of it
    response lost    it happens, and the function hears nothing

A reader of the bucket looks at every object at the moment at which it appears. In the end every line of the ledger
stands in the files of a closed date, once, and the checker (INV9) looks at files, manifests and their chain.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import hashlib
import io
import json
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import Any

from tests.simulation.machine.faults import ANSWER_LOST, BROKEN, CRASH_AFTER, CRASH_BEFORE
from tests.simulation.planted.exports import FAULTS, planted
from tests.simulation.shares import in_shares
from tests.simulation.world import simulated

WRITER = "finance_export"
KINDS = {
    BROKEN: "refused",
    CRASH_BEFORE: "crash before",
    CRASH_AFTER: "crash after",
    ANSWER_LOST: "response lost",
}
MANIFESTS, LINKS = "/manifests/", "/links/"
# A message comes back four times before it is set aside for a person, so no run breaks more.
MOST_BROKEN = 4
# A run of two or three batches makes about so many calls.
MOST_CALLS = 110
DATE = "2026-11-23"
HOUR = 3_600.0
DAY = 24 * HOUR
# So many dates may be open when the last facts have come late.
MOST_DATES = 6
REPORT_EVERY = 50
MOST_SHOWN = 20


@dataclass(slots=True)
class Run:
    """How a run went: what struck, what was written, and what is wrong."""

    number: int
    struck: Counter[tuple[str, ...]] = field(default_factory=Counter)
    manifests: int = 0
    lines: int = 0
    wrong: list[str] = field(default_factory=list)


class Schedule:
    """One run. Everything in it follows from its number."""

    def __init__(self, number: int) -> None:
        self._draw = Random(f"export:{number}")
        self._simulation = simulated(f"export:{number}", [], faults=False)
        self._simulation.scheduler.schedule = self._who_goes_on
        self._switching = self._draw.choice((0.0, 0.0, 0.1, 0.4))
        self._told = 0
        self.run = Run(number)

    def play(self) -> Run:
        """Let it happen, let everything come to rest and every date close, and look."""
        simulation = self._simulation
        reader = Reader(simulation.objects)
        for nth in sorted(self._draw.sample(range(1, MOST_CALLS), self._draw.randint(1, MOST_BROKEN))):
            simulation.before_call(WRITER, nth, self._draw.choice(list(KINDS)))
        self._day()
        self._close()
        self._close_the_rest()
        rested = simulation.run_until_quiet()
        self.run.struck = Counter(simulation.faults.fired)
        self.run.wrong += [f"{one.invariant} {one.where}: {one.what}" for one in simulation.violations]
        self.run.wrong += [*reader.wrong, *([] if rested else ["LIVENESS: the account does not come to rest"])]
        self._everything_is_in_a_closed_date()
        return self.run

    def _day(self) -> None:
        """The business date: facts, and wishes for interim files between them."""
        steps = ["fact"] * self._draw.randint(2, 5) + ["wish"] * self._draw.randint(1, 2)
        self._draw.shuffle(steps)
        for step in steps:
            after = self._draw.choice((0.0, 0.05, 0.4, 3.0, 40.0))
            self._simulation.actor(step, self._fact if step == "fact" else self._wish, after=after)
            if self._draw.random() < 0.5:
                self._simulation.run(self._draw.choice((0.1, 1.0, 60.0)))
        self._simulation.run(60)

    def _close(self) -> None:
        """The date is over: it is closed, perhaps by two at once, while facts of it still come."""
        self._simulation.run(2 * DAY)
        for _ in range(self._draw.randint(1, 2)):
            self._simulation.actor("close", lambda: self._wish("close"), after=self._draw.choice((0.0, 0.01, 5.0)))
        for _ in range(self._draw.randint(1, 3)):
            self._simulation.actor("late", self._fact, after=self._draw.choice((0.0, 0.1, 0.3, 1.0, 90.0)))
        self._simulation.run(HOUR)

    def _close_the_rest(self) -> None:
        """Days pass and the daily wish comes, until no date is open."""
        for _ in range(MOST_DATES):
            if not self._open_dates():
                return
            self._simulation.run(2 * DAY)
            self._simulation.ring("DailyExport")
            self._simulation.run(HOUR)

    def _fact(self) -> None:
        """A fact with money, by the door that it comes in at."""
        self._told += 1
        number, body = self._told, {"amount": self._draw.randint(1, 90_000), "currency": "USD"}
        if self._draw.random() < 0.7:
            store = self._draw.choice(("albany", "pasadena"))
            path = "/v1/finance/deposits"
            body |= {"store": store, "bag_id": f"B{number}", "prepared_by": "ann", "business_date": DATE}
        else:
            path = "/v1/finance/bank-lines"
            lines = [{**body, "line_id": f"L{number}", "booked_on": DATE}]
            body = {"legal_entity": "100", "account": "DE02", "lines": lines}
        answer = self._simulation.http("POST", path, body, f"fact-{number}", client="acme-operator")
        assert answer.status in (200, 201), answer.text

    def _wish(self, kind: str = "interim") -> None:
        """Somebody wishes for the files of the date."""
        self._told += 1
        body = {"entity": "100", "business_date": DATE, "kind": kind}
        self._simulation.http("POST", "/v1/finance/exports", body, f"wish-{self._told}", client="acme-operator")

    def _who_goes_on(self, tasks: list[Any]) -> int:
        """Now and then somebody else goes first at a call."""
        return self._draw.randrange(len(tasks)) if self._draw.random() < self._switching else 0

    def _open_dates(self) -> list[tuple[str, str]]:
        rows = self._simulation.rows("ledger").items()
        return [key for key, row in rows if key[1].startswith("DAY#") and row["state"] != "CLOSED"]

    def _everything_is_in_a_closed_date(self) -> None:
        """Every line of the ledger stands once in the files of a date that is closed."""
        stored = self._simulation.objects.stored
        manifests = [json.loads(content) for key, content in stored.items() if MANIFESTS in key]
        closed = {(one["entity"], one["business_date"]) for one in manifests if one["kind"] == "close"}
        exported = Counter(
            (row["entry_id"], int(row["line_no"]))
            for manifest in manifests
            if (manifest["entity"], manifest["business_date"]) in closed
            for file in manifest["files"]
            if file["format"] == "csv" and file["dataset"] in ("journal_lines", "memo_lines")
            for row in csv.DictReader(io.StringIO(gzip.decompress(stored[file["key"]]).decode()))
        )
        posted = Counter(
            (entry["entry_id"], number)
            for (_, sk), row in self._simulation.rows("ledger").items()
            if sk == "MARK"
            for entry in [json.loads(row["body"])]
            for number in range(1, len(entry["lines"]) + 1)
        )
        self.run.manifests, self.run.lines = len(manifests), posted.total()
        if exported != posted:
            differs = sorted(((exported - posted) | (posted - exported)).items())
            self.run.wrong.append(f"LINES: not once in the files of closed dates: {differs[:3]}")


class Reader:
    """Finance, which may read at any moment: it looks at each object when it appears in the bucket."""

    def __init__(self, objects: Any) -> None:
        self.wrong: list[str] = []
        self._stored, self._put = objects.stored, objects.put_object
        objects.put_object = self._look

    def _look(self, request: Mapping[str, Any]) -> Any:
        key = request["Key"]
        before = self._stored.get(key)
        answer = self._put(request)
        content = self._stored[key]
        if before is not None and content != before:
            self.wrong.append(f"READER {key}: its bytes have changed")
        if MANIFESTS in key:
            manifest = json.loads(content)
            for named in (*manifest["files"], *([manifest["previous"]] if manifest["previous"] else ())):
                self._stands(key, named)
        elif LINKS in key:
            name = content.decode().strip().split("/", 3)[3]
            manifests = (json.loads(one) for place, one in self._stored.items() if MANIFESTS in place)
            if not any(name == file["key"] for manifest in manifests for file in manifest["files"]):
                self.wrong.append(f"READER {key}: a link to what no manifest lists")
        return answer

    def _stands(self, key: str, named: Mapping[str, str]) -> None:
        found = self._stored.get(named["key"])
        if found is None or hashlib.sha256(found).hexdigest() != named["sha256"]:
            self.wrong.append(f"READER {key}: {named['key']} does not stand there as it says")


def play(number: int, plant: str | None = None) -> Run:
    """One run; a run that breaks the machine is a finding like any other."""
    with planted(plant):
        schedule = Schedule(number)
        try:
            return schedule.play()
        except Exception as error:  # noqa: BLE001 - told with its run
            schedule.run.wrong.append(f"MACHINE {type(error).__name__}: {error}")
            return schedule.run


def search(first: int, count: int, *, plant: str | None) -> Iterator[dict[str, Any]]:
    """Play a range of runs; a report now and then, and at the end."""
    report = _nothing()
    for number in range(first, first + count):
        run = play(number, plant)
        report["done"] += 1
        report["manifests"] += run.manifests
        report["lines"] += run.lines
        report["found"] += [[number, what] for what in run.wrong]
        for (kind, *_), times in run.struck.items():
            report["struck"][kind] = report["struck"].get(kind, 0) + times
        if report["done"] == REPORT_EVERY or number == first + count - 1:
            yield report
            report = _nothing()


def _nothing() -> dict[str, Any]:
    return {"done": 0, "manifests": 0, "lines": 0, "found": [], "struck": {}}


def main() -> int:
    """Run it and print what came of it; 1 where a run found anything."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.export_schedules")
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--first", type=int, default=0, help="the first run")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--plant", choices=FAULTS, help="with a known fault in the product")
    arguments = parser.parse_args()
    begun = time.monotonic()
    totals: Counter[str] = Counter()
    struck: Counter[str] = Counter()
    found: list[tuple[int, str]] = []
    play(arguments.first)
    for report in in_shares(partial(search, plant=arguments.plant), arguments.first, arguments.runs, arguments.jobs):
        totals.update({name: report[name] for name in ("done", "manifests", "lines")})
        struck.update(report["struck"])
        for number, what in report["found"]:
            if len(found) < MOST_SHOWN:
                print(f"run {number}: {what}"[:400])
            found.append((number, what))
        if totals["done"] % 500 == 0:
            print(f"{totals['done']} of {arguments.runs} runs", flush=True)
    seconds = time.monotonic() - begun
    print(f"{totals['done']} runs in {seconds:.0f} s: {totals['manifests']} batches, {totals['lines']} lines")
    print("struck: " + ", ".join(f"{KINDS.get(kind, kind)} {times}" for kind, times in sorted(struck.items())))
    if not found:
        print("Every line of the ledger is in the files of a closed date, once.")
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
