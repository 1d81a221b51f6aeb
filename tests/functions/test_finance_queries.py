"""The saved queries over the exports of a small day, run by DuckDB with the columns of the catalogue: exact figures.

A table is what the links of committed batches name, with the partitions of their folders, as Athena reads it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from infra.catalog import DATABASE, QUERIES
from infra.catalog_tables import CATALOG_TABLES
from oms.finance.adapters.journal_files import BALANCE_COLUMNS, LINE_COLUMNS
from oms.finance.exports import datasets
from tests.closing_day import Closer, whole_day
from tests.moto_doors import MotoDoors, deployed, moto_doors
from tests.order_world import TENANT
from tests.template import template
from tests.unit.finance import exported, world

__all__ = ["deployed", "moto_doors"]

TYPES = {"VARCHAR": "string", "BIGINT": "bigint", "DATE": "date", "TIMESTAMP": "timestamp", "BOOLEAN": "boolean"}
US = [TENANT, "100"]


class Athena:
    """The tables of the catalogue over a copy of the bucket."""

    def __init__(self, db: duckdb.DuckDBPyConnection, folder: Path) -> None:
        self.db = db
        objects = exported.stored()
        bucket = f"s3://{world.bucket_name()}/"
        for table, columns in CATALOG_TABLES.items():
            linked = [
                content.decode().strip().removeprefix(bucket)
                for key, content in objects.items()
                if f"/links/dataset={table}/" in key
            ]
            assert linked, table
            for key in linked:
                path = folder / key
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(objects[key])
            files = [str(folder / key) for key in linked]
            wanted = ", ".join(f'"{name}"' for name in (*columns, "tenant", "entity", "business_date"))
            # Without the last setting an entity `100` would become a number.
            source = f"read_parquet({files}, hive_partitioning=true, hive_types_autocast=0)"
            db.execute(f"CREATE VIEW {table} AS SELECT {wanted} FROM {source}")

    def ask(self, query: str, *values: str) -> list[dict[str, Any]]:
        found = self.db.execute((QUERIES / f"{query}.sql").read_text(encoding="utf-8"), list(values))
        names = [one[0] for one in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


@pytest.fixture
def closer(moto_doors: MotoDoors) -> Closer:
    made = whole_day(moto_doors)
    made.export("interim")
    made.later()
    made.export()
    return made


@pytest.fixture
def athena(closer: Closer, tmp_path: Path) -> Iterator[Athena]:
    with duckdb.connect() as db:
        yield Athena(db, tmp_path)


@pytest.mark.capability("N7")
def test_the_saved_queries_give_the_figures_of_the_day(closer: Closer, athena: Athena):
    balances = athena.ask("trial_balance", *US, "2026-11-23")
    assert {row["currency"] for row in balances} == {"USD"}
    assert {row["account"]: row["balance_minor"] for row in balances} == {
        **{"1010": 5000, "1020": -15000, "1030": 0, "1035": 0, "1040": 25555, "1090": 50, "1110": 0},
        **{"2010": 0, "2020": -3000, "2040": -763, "2050": 0},
        **{"4010": -12500, "4020": -500, "4091": 800, "6010": 358},
    }
    assert athena.ask("trial_balance", *US, "2026-11-22") == []
    assert athena.ask("drawer_to_deposit", *US, "2026-11-23", *US, "2026-11-23", *US) == [
        {
            **{"store": "S1", "currency": "USD", "sessions": 1, "dropped_minor": 0, "counted_minor": 15500},
            **{"variance_minor": 0, "bag_id": "B1", "deposited_minor": 15500, "credited_minor": 15450},
            "difference_minor": 50,
        }
    ]
    charged, refunded = athena.ask("payout_to_orders", *US, "po_1", *US, *US, *US)
    columns = ("number", "kind", "match", "external_id", "amount_minor", "fee_minor", "net_minor")
    assert tuple(charged[name] for name in columns) == (1, "charge", "MATCHED", "1", 11325, 358, 10967)
    assert tuple(refunded[name] for name in columns) == (2, "refund", "MATCHED", "1", -862, 0, -862)
    assert charged["order_id"] == refunded["order_id"]
    assert {charged["payout_credited_minor"], refunded["payout_credited_minor"]} == {10105}


@pytest.mark.capability("N7")
def test_the_catalogue_has_a_table_for_each_dataset_and_every_query():
    shapes = {one.name: one.columns for one in vars(datasets).values() if isinstance(one, datasets.Dataset)}
    shapes |= {"journal_lines": LINE_COLUMNS, "memo_lines": LINE_COLUMNS, "trial_balance": BALANCE_COLUMNS}
    assert {
        name: {column: TYPES[kind] for column, kind in columns.items() if column not in ("entity", "business_date")}
        for name, columns in shapes.items()
    } == CATALOG_TABLES
    resources = template("aws")["Resources"].values()
    tables = [one["Properties"] for one in resources if one["Type"] == "AWS::Glue::Table"]
    assert {one["TableInput"]["Name"] for one in tables} == set(CATALOG_TABLES)
    assert {one["DatabaseName"] for one in tables} == {DATABASE}
    queries = [one["Properties"] for one in resources if one["Type"] == "AWS::Athena::NamedQuery"]
    assert {one["Name"]: one["QueryString"] for one in queries} == {
        path.stem: path.read_text(encoding="utf-8") for path in QUERIES.glob("*.sql")
    }
