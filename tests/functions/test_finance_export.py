"""finance_export: the journal as files that say what they hold, each line once, whatever fails on the way."""

# ruff: noqa: F811 - fixtures are imported by name

from datetime import UTC, date, datetime, timedelta
from typing import Any

import boto3
import pytest

from functions.finance_export import handler as function
from oms.finance.commands import Books
from oms.platform.clock import FixedClock
from tests.unit.finance import exported, world
from tests.unit.finance.world import books, finance_cloud  # noqa: F401  (fixtures)

F01 = [
    world.authorized("O1", 11325),
    world.shipped("O1", 10000, shipping=500, tax=825),
    world.captured("O1", 11325),
]
FOLDER = "finance/v1/tenant=demo"
MORNING = datetime(2026, 11, 21, 5, 0, tzinfo=UTC)
TOMORROW = date(2026, 11, 21)


def _export(books: Books, *wishes: dict[str, Any]) -> list[str]:
    return exported.run(function, books, *wishes)


@pytest.mark.capability("N7")
def test_a_batch_has_its_files_and_then_its_manifest(books: Books) -> None:
    world.deliver(books, F01)
    assert _export(books, exported.wish("exp_1")) == []
    tail = "entity=100/business_date=2026-11-20/batch=0001"
    assert list(exported.stored()) == [
        f"{FOLDER}/dataset=journal_lines/{tail}/part-00000.csv.gz",
        f"{FOLDER}/dataset=journal_lines/{tail}/part-00000.parquet",
        f"{FOLDER}/dataset=memo_lines/{tail}/part-00000.csv.gz",
        f"{FOLDER}/dataset=memo_lines/{tail}/part-00000.parquet",
        f"{FOLDER}/dataset=trial_balance/{tail}/part-00000.csv.gz",
        f"{FOLDER}/dataset=trial_balance/{tail}/part-00000.parquet",
        *(
            f"{FOLDER}/links/dataset={name}/entity=100/business_date=2026-11-20/batch-0001.txt"
            for name in ("journal_lines", "memo_lines", "trial_balance")
        ),
        f"{FOLDER}/manifests/{tail}.json",
    ]
    (manifest,) = exported.manifests()
    assert (manifest["schema_version"], manifest["tenant"], manifest["entity"]) == (1, "demo", "100")
    assert (manifest["business_date"], manifest["batch"], manifest["kind"]) == ("2026-11-20", 1, "interim")
    assert manifest["sequences"] == [{"store": "web", "lane": 0, "first_posted_seq": 1, "last_posted_seq": 3}]


@pytest.mark.capability("N7")
def test_the_lines_have_the_agreed_columns_and_whole_amounts(books: Books) -> None:
    world.deliver(books, F01)
    _export(books, exported.wish("exp_1"))
    lines = exported.all_rows("journal_lines")
    assert " ".join(lines[0]) == (
        "entry_id line_no posted_seq entity account debit_minor credit_minor currency exponent business_date "
        "original_business_date occurred_at posted_at store channel order_id payment_id drawer_session psp tender "
        "jurisdiction rule rule_version source_event reversal_of"
    )
    amounts = [(row["account"], row["debit_minor"], row["credit_minor"]) for row in lines]
    assert amounts == [
        ("2010", "11325", "0"),
        ("4010", "0", "10000"),
        ("4020", "0", "500"),
        ("2040", "0", "825"),
        ("1110", "11325", "0"),
        ("2010", "0", "11325"),
    ]
    last = lines[-1]
    assert (last["psp"], last["tender"], last["payment_id"], last["exponent"]) == ("fakepsp", "card", "pay_O1", "2")
    assert last["occurred_at"] == last["posted_at"] == "2026-11-20T12:00:00.000Z"
    assert {row["account"] for row in exported.all_rows("memo_lines")} == {"9010", "9020"}


@pytest.mark.capability("N7")
def test_parquet_and_csv_hold_the_same_rows(books: Books) -> None:
    world.deliver(books, F01)
    _export(books, exported.wish("exp_1"))
    for dataset in ("journal_lines", "memo_lines", "trial_balance"):
        from_csv = exported.all_rows(dataset)
        assert from_csv == exported.all_rows(dataset, "parquet")
        assert from_csv


@pytest.mark.capability("N7")
def test_control_totals_can_be_recomputed_from_the_files(books: Books) -> None:
    world.deliver(books, [*F01, world.authorized("O2", 700, currency="EUR")])
    _export(books, exported.wish("exp_1"))
    (manifest,) = exported.manifests()
    totals = manifest["control_totals"]
    journal, memo = exported.rows(manifest, "journal_lines"), exported.rows(manifest, "memo_lines")
    assert (totals["lines"], totals["memo_lines"]) == (len(journal), len(memo))
    assert totals["entries"] == len({row["entry_id"] for row in journal + memo}) == 4
    assert totals["currencies"] == [{"currency": "USD", "debit_minor": 22650, "credit_minor": 22650}]
    assert [one["currency"] for one in totals["memo_currencies"]] == ["EUR", "USD"]
    for total in totals["accounts"]:
        mine = [
            row for row in journal + memo if (row["account"], row["currency"]) == (total["account"], total["currency"])
        ]
        assert total["debit_minor"] == sum(int(row["debit_minor"]) for row in mine)
        assert total["credit_minor"] == sum(int(row["credit_minor"]) for row in mine)
        assert total["closing_minor"] == total["opening_minor"] + total["debit_minor"] - total["credit_minor"]


@pytest.mark.capability("N7")
def test_batches_cover_each_line_once_and_hang_together(books: Books) -> None:
    world.deliver(books, F01[:2])
    assert _export(books, exported.wish("exp_1")) == []
    world.deliver(books, F01[2:])
    world.deliver(world.make_books(seed=2), [world.authorized("O2", 100, store="S12")])
    assert _export(books, exported.wish("exp_2"), exported.wish("exp_3", on=TOMORROW)) == []
    world.deliver(books, [world.event("PaymentAuthorized", _data(world.authorized("O3", 300)), at=MORNING)])
    assert _export(books, exported.wish("exp_4", on=TOMORROW)) == []

    found = exported.manifests()
    assert [(one["business_date"], one["batch"]) for one in found] == [
        ("2026-11-20", 1),
        ("2026-11-20", 2),
        ("2026-11-21", 1),
    ]
    assert exported.lines_exported() == exported.lines_in_ledger(books, world.TODAY, TOMORROW)
    exported.assert_chain(found)


def _data(event: dict[str, Any]) -> dict[str, Any]:
    data: dict[str, Any] = event["detail"]["data"]
    return data


@pytest.mark.capability("N7")
def test_a_repeated_wish_changes_nothing(books: Books) -> None:
    world.deliver(books, F01)
    _export(books, exported.wish("exp_1"))
    before = exported.stored()
    world.deliver(books, [world.authorized("O2", 100)])
    assert _export(books, exported.wish("exp_1"), exported.wish("exp_1")) == []
    assert exported.stored() == before
    (completed,) = exported.events("FinanceExportCompleted")
    assert (completed["batch"], completed["entries"]) == (1, 3)
    assert completed["manifest"] == f"{FOLDER}/manifests/entity=100/business_date=2026-11-20/batch=0001.json"


def test_a_wish_without_news_writes_no_batch(books: Books) -> None:
    assert _export(books, exported.wish("exp_0")) == []
    world.deliver(books, F01)
    assert _export(books, exported.wish("exp_1"), exported.wish("exp_2")) == []
    world.deliver(books, [world.authorized("O2", 100)])
    assert _export(books, exported.wish("exp_0"), exported.wish("exp_2")) == []  # met already
    assert len(exported.manifests()) == 1
    completed = {one["export_id"]: one["manifest"] for one in exported.events("FinanceExportCompleted")}
    assert (completed["exp_0"], completed["exp_2"]) == (None, None)
    assert completed["exp_1"] is not None


@pytest.mark.capability("N7", "N8")
def test_after_the_last_batch_of_a_day_nothing_joins_it(books: Books) -> None:
    world.deliver(books, F01[:1])
    books.runtime.clock = FixedClock(MORNING)
    assert _export(books, exported.wish("exp_1", "close")) == []
    world.deliver(books, F01[1:])
    assert _export(books, exported.wish("exp_2"), exported.wish("exp_3", "close")) == []
    assert _export(books, exported.wish("exp_4", on=TOMORROW)) == []
    assert [(one["business_date"], one["kind"]) for one in exported.manifests()] == [
        ("2026-11-20", "close"),
        ("2026-11-21", "interim"),
    ]
    late = exported.rows(exported.manifests()[1], "journal_lines")
    assert {(row["business_date"], row["original_business_date"]) for row in late} == {("2026-11-21", "2026-11-20")}
    balance = exported.rows(exported.manifests()[1], "trial_balance")
    assert {row["business_date"] for row in balance if row["basis"] == "original_date"} == {"2026-11-20"}
    assert {row["business_date"] for row in balance if row["basis"] == "posting_date"} == {"2026-11-21"}


def test_a_day_without_entries_can_be_closed(books: Books) -> None:
    assert _export(books, exported.wish("exp_1", "close")) == []
    (manifest,) = exported.manifests()
    assert (manifest["files"], manifest["control_totals"]["entries"]) == ([], 0)
    world.deliver(books, F01)
    assert world.entries_on(books) == []
    assert len(world.entries_on(books, TOMORROW)) == 3


def test_cells_that_a_spreadsheet_would_run_are_guarded_in_csv_only(books: Books) -> None:
    world.deliver(books, [world.captured("O1", 100, channel='=cmd|"/c calc", x', provider="+psp")])
    _export(books, exported.wish("exp_1"))
    assert {row["channel"] for row in exported.all_rows("journal_lines")} == {'\'=cmd|"/c calc", x'}
    assert {row["psp"] for row in exported.all_rows("journal_lines")} == {"'+psp"}
    assert {row["channel"] for row in exported.all_rows("journal_lines", "parquet")} == {'=cmd|"/c calc", x'}


@pytest.mark.capability("N7")
def test_other_bytes_in_the_place_of_a_part_stop_the_batch(books: Books) -> None:
    world.deliver(books, F01)
    tail = "entity=100/business_date=2026-11-20/batch=0001"
    key = f"{FOLDER}/dataset=memo_lines/{tail}/part-00000.parquet"
    boto3.client("s3").put_object(Bucket=world.bucket_name(), Key=key, Body=b"not ours")
    assert _export(books, exported.wish("exp_1")) == ["m0"]
    assert exported.manifests() == []
    assert exported.stored()[key] == b"not ours"
    assert exported.events("FinanceExportCompleted") == []


def test_a_manifest_that_was_tampered_with_stops_the_chain(books: Books) -> None:
    world.deliver(books, F01[:1])
    _export(books, exported.wish("exp_1"))
    key = f"{FOLDER}/manifests/entity=100/business_date=2026-11-20/batch=0001.json"
    content = exported.stored()[key]
    boto3.client("s3").put_object(Bucket=world.bucket_name(), Key=key, Body=content.replace(b"11325", b"11326"))
    world.deliver(books, F01[1:])
    assert _export(books, exported.wish("exp_2")) == ["m0"]
    assert len(exported.manifests()) == 1


def test_entities_and_tenants_have_their_own_files(books: Books) -> None:
    other = world.authorized("O1", 500)
    other["detail"]["meta"]["tenant"] = "other"
    world.deliver(books, [*F01, world.authorized("O9", 700, legal_entity="200"), other])
    mine = exported.wish("exp_2")
    mine["detail"]["meta"]["tenant"] = "other"
    assert _export(books, exported.wish("exp_1", entity="200"), mine) == []
    assert {key.split("/dataset")[0] for key in exported.stored() if "/links/" not in key and "dataset" in key} == {
        FOLDER,
        "finance/v1/tenant=other",
    }
    found = exported.manifests() + exported.manifests("other")
    entries = {(one["tenant"], one["entity"]): one["control_totals"]["entries"] for one in found}
    assert entries == {("demo", "200"): 1, ("other", "100"): 1}


@pytest.mark.capability("N7")
def test_the_daily_wish_closes_what_is_over_everywhere_and_exports_what_is_over_here(books: Books) -> None:
    world.deliver(books, F01)
    yesterday = world.event("PaymentAuthorized", _data(world.authorized("O2", 100)), at=world.NOON - timedelta(days=1))
    today = world.event("PaymentAuthorized", _data(world.authorized("O3", 100)), at=MORNING)
    world.deliver(books, [yesterday, today])
    daily = world.event("FinanceExportRequested", {}, id="schedule-1", at=MORNING)
    books.runtime.clock = FixedClock(MORNING)
    assert _export(books, daily) == []
    assert _export(books, daily) == []
    wishes = exported.events("FinanceExportRequested")
    assert sorted((one["business_date"], one["kind"]) for one in wishes) == [
        ("2026-11-19", "close"),
        ("2026-11-20", "interim"),
    ]


def test_a_wish_of_another_shape_comes_back(books: Books) -> None:
    wrong = world.event("FinanceExportRequested", {"export_id": "exp_1"})
    assert _export(books, wrong, exported.wish("exp_2", "sometimes")) == ["m0", "m1"]
    assert exported.stored() == {}
