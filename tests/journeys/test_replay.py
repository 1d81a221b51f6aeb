"""`make replay` on the running system: real documents become orders, everything ends, every sum ties."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from local.seed.seed import DATA
from local.state import ROOT, Running
from tools.replaying.documents import COLUMNS
from tools.replaying.notes import new_run

DOCUMENTS = 12
LONGEST_SECONDS = 420
# Every rule in a few lines: a sale cancelled in part after a night, one cancelled whole with its postage, services,
# a fine price, stock found and written off, and what can only be refused.
FILE = """
900001,R1001,LAMP,5,2011-03-01 09:00:00,2.50,70001,United Kingdom
900001,r1001,LAMP,2,2011-03-01 09:00:00,2.50,70001,United Kingdom
900001,R1002,BOWL,3,2011-03-01 09:00:00,1.25,70001,United Kingdom
900001,POST,POSTAGE,1,2011-03-01 09:00:00,18.00,70001,United Kingdom
900001,PADS,PADS,1,2011-03-01 09:00:00,0.001,70001,United Kingdom
900002,R1002,BOWL,4,2011-03-01 09:10:00,1.25,70002,France
900002,POST,POSTAGE,1,2011-03-01 09:10:00,18.00,70002,France
C900003,R1002,BOWL,-4,2011-03-01 09:20:00,1.25,70002,France
C900003,POST,POSTAGE,-1,2011-03-01 09:20:00,18.00,70002,France
900004,M,Manual,2,2011-03-01 10:00:00,7.50,,United Kingdom
900005,R1001,,9,2011-03-01 10:05:00,0.0,,United Kingdom
900006,R1002,damages,-2,2011-03-01 10:06:00,0.0,,United Kingdom
C900007,R1001,LAMP,-6,2011-03-02 16:00:00,2.50,70001,United Kingdom
C900008,R1001,LAMP,-1,2011-03-09 09:00:00,2.50,70001,United Kingdom
C900009,R1001,LAMP,-1,2011-03-09 09:00:00,2.50,,United Kingdom
A900010,B,Adjust bad debt,1,2011-03-09 10:00:00,-11.50,,United Kingdom
"""


@pytest.fixture
def its_own_time(system: Running) -> Iterator[Running]:
    """The system, with its clock given back whatever happens: other journeys come after this one."""
    offset = system.clock_offset
    yield system
    system.clock_offset = offset


def replay(system: Running, file: Path, *options: str) -> subprocess.CompletedProcess[str]:
    port = str(urlsplit(system.endpoint).port)
    command = [sys.executable, "-m", "tools.replay", "--file", str(file), "--state", str(system.state_dir)]
    return subprocess.run(
        [*command, "--port", port, *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=LONGEST_SECONDS,
        check=False,
    )


def amount(report: str, label: str) -> str:
    """The figure beside a label of the report."""
    found = re.search(rf"^\s*{re.escape(label)}\s+(-?[\d,.]+)", report, re.MULTILINE)
    assert found, f"no {label} in:\n{report}"
    return found[1]


def test_real_documents_run_to_their_end_and_a_repeat_changes_nothing(its_own_time: Running) -> None:
    before = its_own_time.clock_offset
    first = replay(its_own_time, DATA / "documents.csv", "--limit", str(DOCUMENTS))
    assert first.returncode == 0, first.stdout + first.stderr
    assert amount(first.stdout, "Documents read") == str(DOCUMENTS)
    assert amount(first.stdout, "Orders accepted") == str(DOCUMENTS)
    net = amount(first.stdout, "net of the file by its lines")
    assert net == amount(first.stdout, "captured at the payment provider") != "0.00"
    assert "FAIL" not in first.stdout
    run = re.search(r"RUN=(\w+)", first.stdout)
    assert run
    again = replay(its_own_time, DATA / "documents.csv", "--limit", str(DOCUMENTS), "--run", run[1])
    assert again.returncode == 0, again.stdout + again.stderr
    assert "ok   repeating a finished run changes nothing" in again.stdout
    other = replay(its_own_time, DATA / "documents.csv", "--limit", "3", "--run", run[1])
    assert other.returncode == 2
    assert "other documents" in other.stderr
    assert its_own_time.clock_offset == before


def test_every_kind_of_document_ties_to_the_penny(its_own_time: Running, tmp_path: Path) -> None:
    file = tmp_path / "documents.csv"
    file.write_text(",".join(COLUMNS) + FILE)
    done = replay(its_own_time, file)
    said = done.stdout
    assert done.returncode == 0, said + done.stderr
    assert amount(said, "Orders accepted") == "3"
    assert amount(said, "Cancellations done") == "2"
    assert amount(said, "Stock changes done") == "2"
    assert "2 COMPLETED" in said.replace("1 CANCELLED, ", "")
    assert "1 CANCELLED" in said
    # 39.25 and 23.00 and 15.00 sold; 23.00 and 15.00 cancelled; refused -2.50 twice and -11.50; a tenth of a penny.
    assert amount(said, "orders accepted") == "77.25"
    assert amount(said, "- cancelled") == "-38.00"
    assert amount(said, "+ not done") == "-16.50"
    assert amount(said, "+ rounding (file less whole pennies)") == "0.001"
    assert amount(said, "net of the file by its lines") == "22.751"
    assert amount(said, "captured at the payment provider") == "39.25"
    for reason in ("needs a return", "without a customer", "bad debt adjustment"):
        assert reason in said


def test_an_invariant_that_fails_ends_with_one_and_the_run_can_go_on(its_own_time: Running, tmp_path: Path) -> None:
    """Stock that somebody takes in the middle of a run does not add up, and the run that goes on says so."""
    file = tmp_path / "documents.csv"
    file.write_text(
        ",".join(COLUMNS) + "\n" + FILE.splitlines()[1].replace("R1001", "R2001").replace("900001", "910001")
    )
    run = new_run()
    done = replay(its_own_time, file, "--run", run)
    assert done.returncode == 0, done.stdout + done.stderr
    file_of_notes = its_own_time.state_dir / "replays" / f"{run}.json"
    notes = json.loads(file_of_notes.read_text())
    before = notes["stock"]["R2001"][0]
    notes |= {"finished": False, "stock": {"R2001": [before + 7, 0]}}
    file_of_notes.write_text(json.dumps(notes))
    gone = replay(its_own_time, file, "--run", run)
    assert gone.returncode == 2
    assert "the clock has left the dates" in gone.stderr
    its_own_time.clock_offset = int((datetime(2011, 3, 1, 12, tzinfo=UTC) - datetime.now(UTC)).total_seconds())
    again = replay(its_own_time, file, "--run", run)
    assert again.returncode == 1, again.stdout + again.stderr
    assert "FAIL the stock of 1 SKUs adds up" in again.stdout
    assert f"R2001: {before + 5} on hand, not {before + 12}" in again.stdout
    assert its_own_time.clock_offset < -3600

    file_of_notes.write_text(json.dumps({**notes, "stock": {"R2001": [before, 0]}}))
    healed = replay(its_own_time, file, "--run", run)
    assert healed.returncode == 0, healed.stdout + healed.stderr
    assert its_own_time.clock_offset == notes["clock"]
