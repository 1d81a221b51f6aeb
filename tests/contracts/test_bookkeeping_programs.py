"""`python -m tools.books`: exported lines as journals that beancount and hledger accept, and as three imports."""

# ruff: noqa: F811 - fixtures are imported by name

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from functions.finance_export import handler as export_function
from oms.finance.commands import Books
from tests.contracts.test_journal_judges import bean_check, hledger_check
from tests.unit.finance import exported, world
from tests.unit.finance.world import books, finance_cloud  # noqa: F401  (fixtures)
from tools import books as program

GOLDEN = Path(__file__).parent / "books"
F01 = [
    world.authorized("O1", 11325),
    world.shipped("O1", 10000, shipping=500, tax=825),
    world.captured("O1", 11325),
]
# Entity 100 lent nothing: the store of 200 paid cash for an order of 100.
ELSEWHERE = world.event(
    "RefundExecuted",
    {
        **{"order_id": "ord_O1", "refund_id": "rfd_1", "part": 1, "tender": "cash", "movement_id": "mov_1"},
        **{"currency": "USD", "legal_entity": "100", "store": "web", "channel": "shop", "payer_entity": "200"},
        **{"payer_store": "S12", "amount": 4330, "paid": 4330},
    },
    id="evt-refund",
)
# 10.00 EUR less a fee of 0.50 is paid out as 10.26 USD.
CONVERTED = world.event(
    "PayoutRecorded",
    {
        **{"provider": "fakepsp", "settlement_id": "stl_1", "payout_id": "po_1", "currency": "EUR", "net": 950},
        **{"charges": 1000, "refunds": 0, "disputes": 0, "fees": 50, "adjustments": 0},
        **{"paid_amount": 1026, "paid_currency": "USD", "legal_entity": "100", "store": "web", "channel": "finance"},
    },
    id="evt-payout",
)


def export(books: Books, folder: Path, *entities: str) -> Path:
    """Write a batch for each entity and copy the bucket into a folder."""
    wishes = [exported.wish(f"exp_{entity}_{len(exported.stored())}", entity=entity) for entity in entities]
    assert exported.run(export_function, books, *wishes) == []
    for key, content in exported.stored().items():
        path = folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def made(folder: Path, format: str, *more: str, entity: str = "100") -> str:
    out = folder / f"{entity.replace('/', '-')}.{format}"
    assert program.main([str(folder), "--entity", entity, "--format", format, "--out", str(out), *more]) == 0
    return out.read_text(encoding="utf-8")


@pytest.fixture
def folder(books: Books, tmp_path: Path) -> Path:
    """Two batches of entity 100 and one of 200, in two currencies."""
    world.deliver(books, F01)
    export(books, tmp_path, "100")
    world.deliver(books, [ELSEWHERE, CONVERTED])
    return export(books, tmp_path, "100", "200")


JUDGES = [pytest.param("beancount", bean_check, id="beancount"), pytest.param("hledger", hledger_check, id="hledger")]
Judge = Callable[[Path], object]


@pytest.mark.capability("N1", "N7", "N9")
@pytest.mark.parametrize(("format", "judge"), JUDGES)
@pytest.mark.parametrize("entity", ["100", "200"])
def test_the_journal_of_each_entity_is_accepted(folder: Path, entity: str, format: str, judge: Judge):
    made(folder, format, entity=entity)
    verdict = judge(folder / f"{entity}.{format}")
    assert verdict.returncode == 0, verdict.stdout + verdict.stderr


@pytest.mark.capability("N1", "N7")
@pytest.mark.parametrize(("format", "judge"), JUDGES)
def test_one_changed_cent_is_refused(folder: Path, format: str, judge: Judge):
    text = made(folder, format)
    path = folder / "changed.txt"
    one_side, changes = re.subn(r"(Income:4010 +)-100\.00 USD\n", r"\g<1>-100.01 USD\n", text, count=1)
    assert changes == 1
    path.write_text(one_side)
    assert judge(path).returncode != 0
    # On both sides the entry balances; the asserted balances give it away.
    both_sides, changes = re.subn(r"(Liabilities:2010 +)113\.25 USD\n", r"\g<1>113.26 USD\n", one_side, count=1)
    assert changes == 1
    path.write_text(both_sides)
    assert judge(path).returncode != 0


@pytest.mark.capability("N7")
@pytest.mark.parametrize("format", ["beancount", "hledger", "quickbooks", "xero", "netsuite"])
def test_a_sale_looks_to_the_letter_as_agreed(books: Books, tmp_path: Path, format: str):
    world.deliver(books, F01)
    found = made(export(books, tmp_path, "100"), format)
    assert found == (GOLDEN / f"sale.{format}").read_text(encoding="utf-8")


@pytest.mark.capability("N7", "N9")
def test_every_import_balances_and_names_each_entry_once(folder: Path):
    quickbooks = [json.loads(line, parse_float=Decimal) for line in made(folder, "quickbooks").splitlines()]
    # Goods, capture and refund, and the payout once in each of its currencies; the authorisation is no ledger entry.
    assert len(quickbooks) == len({one["requestid"] for one in quickbooks}) == 5
    assert len({one["JournalEntry"]["DocNumber"] for one in quickbooks}) == 5
    for one in quickbooks:
        sides = {"Debit": Decimal(0), "Credit": Decimal(0)}
        for line in one["JournalEntry"]["Line"]:
            assert line["Amount"] > 0
            sides[line["JournalEntryLineDetail"]["PostingType"]] += line["Amount"]
        assert sides["Debit"] == sides["Credit"]

    xero = json.loads(made(folder, "xero", "--currency", "USD"), parse_float=Decimal)["ManualJournals"]
    assert [sum(line["LineAmount"] for line in one["JournalLines"]) for one in xero] == [0] * 4
    assert len({one["Narration"].split()[0] for one in xero}) == 4

    rows = list(csv.DictReader(io.StringIO(made(folder, "netsuite"))))
    assert {row["Subsidiary"] for row in rows} == {"100"}
    sums: dict[str, Decimal] = {}
    for row in rows:
        amount = Decimal(row["Debit"] or 0) - Decimal(row["Credit"] or 0)
        sums[row["External ID"]] = sums.get(row["External ID"], Decimal(0)) + amount
    assert list(sums.values()) == [0] * 5
    other = list(csv.DictReader(io.StringIO(made(folder, "netsuite", entity="200"))))
    assert [(row["Account"], row["Debit"], row["Credit"]) for row in other] == [
        ("1310", "43.30", ""),
        ("1010", "", "43.30"),
    ]
    assert not {row["External ID"] for row in other} & set(sums)


@pytest.mark.capability("N7")
def test_files_that_do_not_agree_are_refused(folder: Path, capsys: pytest.CaptureFixture[str]):
    def refused(*more: str, entity: str = "100", format: str = "netsuite") -> str:
        assert program.main([str(folder), "--entity", entity, "--format", format, *more]) == 1
        said = capsys.readouterr()
        assert said.out == ""
        return said.err.strip()

    assert refused(entity="900") == "there is no batch of entity 900"
    assert refused("--tenant", "other") == "there is no batch of entity 100 for tenant other"
    assert refused(format="xero") == (
        "Xero takes manual journals in one currency, not EUR, USD; choose one (--currency, CURRENCY=…)"
    )
    _, last = sorted(folder.rglob("manifests/entity=100/**/*.json"))
    written = last.read_bytes()
    for name, wrong in (
        ("lines", lambda totals: totals | {"lines": totals["lines"] + 1}),
        ("entries", lambda totals: totals | {"entries": totals["entries"] - 1}),
        ("currencies", lambda totals: totals | {"currencies": totals["currencies"][1:]}),
        ("accounts", lambda totals: totals | {"accounts": totals["accounts"][1:]}),
    ):
        manifest = json.loads(written)
        last.write_text(json.dumps(manifest | {"control_totals": wrong(manifest["control_totals"])}))
        assert refused() == f"the lines of batch 2 do not add up to the {name} of its manifest"
    last.write_bytes(written)
    (lines, _) = sorted(folder.rglob("dataset=journal_lines/entity=100/**/*.csv.gz"))
    whole = lines.read_bytes()
    lines.write_bytes(whole + b"\n")
    assert refused() == f"{lines.relative_to(folder)} is not as its manifest says; fetch it again"
    lines.unlink()
    assert refused() == (f"{lines.relative_to(folder)} is listed in a manifest and is not there; copy the whole export")
    lines.write_bytes(whole)
    first, _ = sorted(folder.rglob("manifests/entity=100/**/*.json"))
    written = first.read_bytes()
    first.write_bytes(written.replace(b"11325", b"11326"))
    assert refused() == f"{first.relative_to(folder)} is not as it was when the next batch was written"
    first.unlink()
    assert refused() == "batch 1 of entity 100 is missing; copy the whole export"
    assert program.main([f"{folder}-gone", "--entity", "100", "--format", "hledger"]) == 1
    assert capsys.readouterr().err == f"there is no folder {folder}-gone; a bucket is named s3://BUCKET\n"


@pytest.mark.capability("N7")
def test_an_entity_is_found_whatever_signs_its_name_has(books: Books, tmp_path: Path):
    of_another = {**F01[2]["detail"]["data"], "legal_entity": "Shops / North"}
    world.deliver(books, [world.event("PaymentCaptured", of_another, id="evt-north")])
    made_of = made(export(books, tmp_path, "Shops / North"), "netsuite", entity="Shops / North")
    assert "Shops / North" in made_of


@pytest.mark.capability("N7")
def test_a_bucket_is_read_as_a_folder_is(books: Books, folder: Path, capsys: pytest.CaptureFixture[str]):
    asked = ["--entity", "100", "--format", "hledger"]
    assert program.main([f"s3://{world.bucket_name()}", *asked]) == 0
    assert capsys.readouterr().out == made(folder, "hledger")
