"""How the whole suite is cut into processes, and that a process which ends badly is named with its files."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from tools.suite import Ended, Lanes, _summary
from tools.suite_units import ALONE, SECONDS, UNKNOWN, Unit, suite_files, units, weighed, weights


@pytest.fixture(autouse=True)
def _begins_quickly(monkeypatch):
    """A process of pytest that loads no plugin takes a second less."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")


def test_every_file_is_in_one_process_and_the_simulation_shares_none():
    files = suite_files()
    cut = units(files, weights())
    assert sorted(file for unit in cut for file in unit.files) == files
    assert {file.split("/")[1] for file in files} >= {"simulation", "unit", "functions", "conformance"}
    assert not [file for file in files if file.startswith(ALONE)]
    for unit in cut:
        assert len({file.startswith("tests/simulation/") for file in unit.files}) == 1
        assert len(unit.files) == 1 or unit.seconds <= SECONDS


def test_long_files_come_first_and_by_themselves():
    files = ["tests/simulation/test_a.py", "tests/simulation/test_b.py", "tests/unit/test_c.py", "tests/unit/test_d.py"]
    cut = units(files, {files[0]: 10, files[1]: 200, files[2]: SECONDS - 3})
    assert cut == [
        Unit((files[1],), 200),
        Unit((files[2], files[3]), SECONDS - 3 + UNKNOWN),
        Unit((files[0],), 10),
    ]
    assert units(files[2:], {files[2]: SECONDS - 2}) == [Unit((files[2],), SECONDS - 2), Unit((files[3],), UNKNOWN)]


def test_seconds_are_added_up_by_file():
    report = ElementTree.fromstring(
        '<testsuites><testsuite><testcase classname="tests.unit.test_c" time="0.700"/>'
        '<testcase classname="tests.unit.test_c.TestMore" time="1.800"/>'
        '<testcase classname="tests.unit.test_gone" time="9.000"/></testsuite></testsuites>'
    )
    files = ["tests/unit/test_c.py", "tests/unit/test_d.py"]
    assert weighed([report, report], files) == {files[0]: 5, files[1]: 0}


def test_a_process_that_dies_is_a_failure_with_its_files(tmp_path):
    """One passes, one fails, one dies in the middle, one is told to end well before it has run its tests."""
    fails = "def test_one():\n    pass\n\n\ndef test_two():\n    assert False\n"
    dies = "import os\n\n\ndef test_dies():\n    os.kill(os.getpid(), 9)\n"
    leaves = "import os\n\n\ndef test_leaves():\n    os._exit(0)\n"
    ended = _run(tmp_path, passes="def test_one():\n    pass\n", fails=fails, dies=dies, leaves=leaves)
    assert {name: (done.code, done.verdict, done.failed) for name, done in ended.items()} == {
        "passes": (0, "passed", False),
        "fails": (1, "FAILED", True),
        "dies": (-9, "DIED of signal 9", True),
        "leaves": (0, "FAILED", True),
    }
    assert all(done.megabytes > 10 for done in ended.values())
    summary = _summary(list(ended.values())).splitlines()
    assert summary[1].startswith("3 tests, 0 of them skipped, in 4 processes of at most ")
    assert summary[2:] == [
        "FAILED test_fails.py::test_two - assert False",
        "DIED of signal 9, and nothing is known of its tests: test_dies.py",
        "FAILED, and nothing is known of its tests: test_leaves.py",
    ]


def test_who_stops_listening_ends_what_runs(tmp_path):
    (tmp_path / "test_quick.py").write_text("def test_one():\n    pass\n")
    (tmp_path / "test_slow.py").write_text("import time\n\n\ndef test_two():\n    time.sleep(600)\n")
    listening = Lanes(["-p", "no:cacheprovider"], tmp_path).run([Unit((f"test_{n}.py",), 1) for n in ("slow", "quick")])
    assert next(listening).unit.files == ("test_quick.py",)
    listening.close()
    with pytest.raises(StopIteration):
        next(listening)


def _run(folder: Path, **files: str) -> dict[str, Ended]:
    (folder / "pytest.ini").write_text("[pytest]\naddopts = -ra\n")
    for name, text in files.items():
        (folder / f"test_{name}.py").write_text(text)
    listed = [Unit((f"test_{name}.py",), 1) for name in files]
    found = {done.unit.files[0]: done for done in Lanes(["-p", "no:cacheprovider"], folder).run(listed)}
    return {name: found[f"test_{name}.py"] for name in files}
