"""ledger_*: a business date of 100,000 journal lines, posted, sealed and exported; a million lines balanced.

    python -m bench.ledger_day [--lines 100000]

Web orders and sales of a till run once through the simulated account; their events and their order rows are then
copied under other names until the journal has so many lines. The real functions post, seal and export them, each in a
process of its own, over the engine's tables in memory. Processor time, memory and calls are measured; how long AWS
takes for each call is assumed, and said so; nothing here was run in an account.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.apart import Account, Used
from bench.figures import Figure, at_most, table
from bench.order_cost import WHOLE_PROCESSOR_MB
from bench.stock_file import WAITS
from infra.catalog import QUERIES
from infra.function_spec import FunctionSpec
from infra.functions import FUNCTIONS

LINES = 100_000
BALANCED = 1_000_000
ENTITY, DATE, NOW = "100", "2026-11-23", "2026-11-26T09:00:00.000Z"
# As many messages as Lambda takes from the queue at once.
BATCH = 10
# Names that differ from copy to copy: ours, those of the simulated provider, and the number of a sale at its till.
_OURS = re.compile(r"\b([a-z]{3}_[0-9A-HJKMNP-TV-Z]{19})[0-9A-HJKMNP-TV-Z]{7}")
_OTHERS = re.compile(r"\b([a-z]{2,4}_sim_\d+|albany:T1:2026-11-23:\d+)")
_COPIED = ("ORDER", "AGREED", "LINES", "WORK", "SHIPMENT", "PAYMENT")
Item = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Source:
    """A web order and a sale of a till, whole: their rows, the events that post them, and the retailer's own rows."""

    rows: str
    events: tuple[str, ...]
    retailer: list[tuple[str, Item]]

    def copy(self, number: int) -> tuple[list[Item], list[str]]:
        """The rows and the events under other names."""
        rows: list[Item] = json.loads(_renamed(self.rows, number))
        return rows, [_renamed(event, number) for event in self.events]


def _renamed(text: str, number: int) -> str:
    return _OTHERS.sub(rf"\g<1>{number:07d}", _OURS.sub(rf"\g<1>{number:07d}", text))


def source() -> Source:
    """What one order and one sale leave behind in the simulated account, on a calm day."""
    from tests.simulation.directed import SHIPPING, People
    from tests.simulation.till_stories import TILL as AT_THE_TILL
    from tests.simulation.till_stories import TRANSACTIONS, sale
    from tests.simulation.till_stories import line as rung
    from tests.simulation.world import line, simulated

    simulation = simulated(0, [], faults=False)
    people = People(simulation)

    def both() -> None:
        order_id = people.place("o-1", line("MUG", 1), line("LAMP", 1))
        people.do(people.released(order_id), *SHIPPING)
        people.until(order_id, payment_status="CAPTURED")
        sold = {**AT_THE_TILL, **sale(rung("SCARF", 1)), "node_id": "albany", "sequence": 1}
        people.send("POST", TRANSACTIONS, sold)
        simulation.sleep(60)

    simulation.outside("shoppers", both)
    stored = simulation.tables.snapshot()[0]
    posted = FUNCTIONS["post_ledger"].detail_types
    return Source(
        rows=json.dumps([item for _, item in _items(stored, "OrdersTable") if item["sk"]["S"].startswith(_COPIED)]),
        events=tuple(
            json.dumps({"source": "spine", "detail-type": item["type"]["S"], "detail": json.loads(item["detail"]["S"])})
            for _, item in _items(stored, "EventsTable")
            if item["type"]["S"] in posted
        ),
        retailer=list(_items(stored, "RegistryTable")),
    )


def _items(stored: Mapping[str, Any], table: str) -> Iterator[tuple[str, Item]]:
    for rows in stored[table].values():
        for item in rows.values():
            yield table, item


@dataclass(frozen=True, slots=True)
class Day:
    """What a day of the ledger took: posting, and its seal and export together; and the files that came of it."""

    lines: int
    orders: int
    posting: Used
    closing: Used
    objects: Mapping[str, bytes]


def run(lines: int) -> Day:
    """Post so many lines, seal their date and export it, each by the real function in a process of its own."""
    one = source()
    account = Account()
    _put(account, one.retailer)
    posting, number, posted = Used(), 0, 0
    with account.function("post_ledger", at=f"{DATE}T13:00:01.000Z") as post:
        while posted < lines:
            events: list[str] = []
            for _ in range(50):
                number += 1
                rows, own = one.copy(number)
                _put(account, (("OrdersTable", row) for row in rows))
                events += own
            for start in range(0, len(events), BATCH):
                answer, used = post(_queue(events[start : start + BATCH]))
                if answer["batchItemFailures"]:
                    raise RuntimeError(f"not all was posted: {answer}")
                posting.add(used)
            posted = _lines(account)
    with account.function("finance_export", at=NOW) as export:
        answer, closing = export(_queue([_wish()]))
        if answer["batchItemFailures"]:
            raise RuntimeError("the date was not exported")
    return Day(posted, 2 * number, posting, closing, account.objects.stored)


def _put(account: Account, items: Iterable[tuple[str, Item]]) -> None:
    for table_name, item in items:
        put = {"Put": {"TableName": table_name, "Item": item}}
        account.tables.call("TransactWriteItems", {"TransactItems": [put]})
        account.tables.take_changes()


def _queue(bodies: list[str]) -> dict[str, Any]:
    return {"Records": [{"messageId": str(number), "body": body} for number, body in enumerate(bodies)]}


def _wish() -> str:
    """The wish for the last files of the date, as the bus delivers it."""
    meta = {"id": "evt_bench", "type": "FinanceExportRequested", "version": 1, "occurred_at": NOW, "tenant": "acme"}
    meta |= {"correlation_id": "bench", "causation_id": "bench"}
    data = {"export_id": "exp_bench", "entity": ENTITY, "business_date": DATE, "kind": "close"}
    document = {"source": "spine", "detail-type": "FinanceExportRequested", "detail": {"meta": meta, "data": data}}
    return json.dumps(document)


def _lines(account: Account) -> int:
    """How many lines the journal has."""
    rows = account.tables.plain["ledger"].items()
    return sum(row["body"].count('"account"') for (_, sk), row in rows if sk == "MARK")


def balance(objects: Mapping[str, bytes], lines: int) -> tuple[int, float]:
    """How many lines the saved query sums up and in how many seconds, best of three, with files as the catalogue lists.

    The files are those of the exported date, put under as many dates as it takes.
    """
    import duckdb

    (journal,) = (content for key, content in objects.items() if "dataset=journal_lines" in key and "parquet" in key)
    query = (QUERIES / "trial_balance.sql").read_text(encoding="utf-8")
    with TemporaryDirectory() as place, duckdb.connect() as db:
        first = date.fromisoformat(DATE)
        one = Path(place) / "one.parquet"
        one.write_bytes(journal)
        (own,) = db.execute(f"SELECT count(*) FROM '{one}'").fetchone() or (0,)
        dates = -(-lines // own)
        for day in range(dates):
            name = f"tenant=acme/entity={ENTITY}/business_date={first + timedelta(days=day)}/part-00000.parquet"
            path = Path(place) / name
            path.parent.mkdir(parents=True)
            path.write_bytes(journal)
        source = f"read_parquet('{place}/tenant=*/**/*.parquet', hive_partitioning=true, hive_types_autocast=0)"
        db.execute(f"CREATE VIEW journal_lines AS SELECT * FROM {source}")
        last = (first + timedelta(days=dates)).isoformat()
        took = []
        for _ in range(3):
            began = time.perf_counter()
            balances = db.execute(query, ["acme", ENTITY, last]).fetchall()
            took.append(time.perf_counter() - began)
        if not balances or sum(row[-1] for row in balances):
            raise RuntimeError(f"the trial balance does not balance: {balances}")
    return dates * own, min(took)


def measure(lines: int = LINES) -> list[Figure]:
    """The date, then the balance."""
    day = run(lines)
    balanced, seconds = balance(day.objects, BALANCED)
    return [*figures(day), at_most("ledger_balance_s", seconds, "s", 1, f"{balanced:,} lines, DuckDB over Parquet")]


def figures(day: Day) -> list[Figure]:
    """What was measured of a date, and what its calls and processor time come to on AWS."""
    post, export = FUNCTIONS["post_ledger"], FUNCTIONS["finance_export"]
    posting, closing = day.posting, day.closing
    size = f"{day.lines:,} lines of {day.orders:,} orders"
    at_once = post.concurrency or 1
    return [
        Figure(
            "ledger_posted_lines_per_s", round(day.lines / posting.wall * 1000), "lines/s", "", None, "one function"
        ),
        Figure("ledger_post_cpu_ms_per_line", round(posting.processor / day.lines, 3), "ms", "", None, size),
        Figure(
            "ledger_post_aws_lines_per_s",
            round(at_once * day.lines / on_aws(posting, post)),
            "lines/s",
            "",
            None,
            f"{at_once} functions at once; arithmetic, waits assumed",
        ),
        Figure("ledger_close_s", round(closing.wall / 1000, 1), "s", "", None, f"{size}, sealed and exported here"),
        Figure("ledger_close_cpu_s", round(closing.processor / 1000, 1), "s", "", None, size),
        Figure("ledger_close_calls", closing.calls.total(), "calls", "", None, size),
        at_most("ledger_close_mb", closing.peak_mb, "MB", export.memory, "whole process; goal: its memory on AWS"),
        at_most(
            "ledger_close_aws_s",
            on_aws(closing, export),
            "s",
            export.timeout,
            "arithmetic, waits assumed; goal: its time on AWS",
        ),
    ]


def on_aws(used: Used, spec: FunctionSpec) -> float:
    """Seconds that a function would take on AWS: its processor time with its share of one, and assumed waits."""
    processor = used.processor * max(1, WHOLE_PROCESSOR_MB / spec.memory)
    return (processor + sum(count * WAITS[name] for name, count in used.calls.items())) / 1000


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.ledger_day", description=__doc__.split("\n")[0])
    parser.add_argument("--lines", type=int, default=LINES)
    print(f"\n{table(measure(parser.parse_args().lines))}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
