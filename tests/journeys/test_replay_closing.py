"""`make replay` closes the business dates of its file: payouts and the bank are told, and every tie-out is made."""

import re
from datetime import date, timedelta
from pathlib import Path

import pytest

from local.deploy import PSP_PROVIDER
from local.seed.seed import TENANT
from local.state import Running
from tests.journeys.test_replay import its_own_time, replay
from tools.replaying.documents import COLUMNS
from tools.replaying.notes import new_run
from tools.replaying.order_documents import company_of

__all__ = ["its_own_time"]

FINANCE = f"{TENANT}-finance"
# Friday, Monday and Tuesday: a sale that waits over the weekend to be cancelled in part.
FILE = """
930001,R3001,LAMP,5,2011-03-04 09:00:00,2.50,71001,United Kingdom
930001,POST,POSTAGE,1,2011-03-04 09:00:00,18.00,71001,United Kingdom
930002,R3002,BOWL,4,2011-03-04 10:00:00,1.25,71002,France
930003,R3002,BOWL,3,2011-03-07 09:00:00,1.25,,United Kingdom
C930004,R3001,LAMP,-2,2011-03-07 11:00:00,2.50,71001,United Kingdom
930005,R3001,LAMP,1,2011-03-08 09:00:00,2.50,71003,United Kingdom
"""


# 5.00 of Friday is paid out on Saturday less 0.45 and booked on Sunday; 29.25 of Monday less 1.45; 2.50 less 0.37.
# Authorised, shipped and captured are 8 lines or, with postage, 9; released 2, a payout 3, a line of the bank 2.
DAYS = [
    f"{day}  {entries:>6} entries {lines:>7} lines {debits:>14} GBP  14 checks, 0 unexplained"
    for day, entries, lines, debits in (
        ("2011-03-04", 4, 10, "10.00"),
        ("2011-03-05", 1, 3, "5.00"),
        ("2011-03-06", 1, 2, "4.55"),
        ("2011-03-07", 6, 17, "58.50"),
        ("2011-03-08", 4, 11, "34.25"),
        ("2011-03-09", 2, 5, "30.30"),
        ("2011-03-10", 1, 2, "2.13"),
    )
]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "documents.csv"
    made.write_text(",".join(COLUMNS) + FILE)
    return made


def test_every_business_date_closes_with_nothing_unexplained(its_own_time: Running, file: Path) -> None:
    done = replay(its_own_time, file)
    said = done.stdout
    assert done.returncode == 0, said + done.stderr
    assert [line.split("closed ")[1] for line in said.splitlines() if line.startswith("  closed ")] == DAYS
    assert "ok   every business day closes and ties out: 7 closed, 14 checks each, 0 unexplained exceptions" in said


def test_a_payout_that_never_reached_the_bank_ends_the_replay_with_one(its_own_time: Running, file: Path) -> None:
    run = new_run()
    lost = {
        "provider": PSP_PROVIDER,
        "payout_id": f"lost-{run}",
        "currency": "GBP",
        "business_date": (date(2011, 3, 4) - timedelta(days=9)).isoformat(),
        "items": [{"kind": "charge", "reference": f"cap-{run}", "amount": 500}],
        "net": 500,
    }
    told = {"legal_entity": company_of(run), "payouts": [lost]}
    assert its_own_time.call(FINANCE, "POST", "/v1/finance/settlements", told, key=f"lost-{run}").status == 201
    done = replay(its_own_time, file, "--run", run)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "FAIL every business day closes and ties out" in done.stdout, done.stderr
    assert re.search(r"T5 aged .* expected 0, found 500 GBP", done.stdout)
