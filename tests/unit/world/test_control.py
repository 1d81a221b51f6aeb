"""The file that steers the nodes, and the clock they share with the product."""

import time
from pathlib import Path
from typing import Any

import pytest

from local.world.clock import shifted_clock
from local.world.control import ControlFile, parse, write_control
from local.world.work import Control


def test_without_a_file_every_node_works(tmp_path: Path) -> None:
    assert ControlFile(tmp_path).read() == Control()


def test_a_change_of_the_file_counts_at_once_and_its_end_too(tmp_path: Path) -> None:
    control = ControlFile(tmp_path)
    write_control(tmp_path, {"paused": True})
    assert control.read().paused is True
    write_control(tmp_path, {"reject": {"skus": ["A"], "nodes": ["denver"], "reason": "damaged"}, "silent": ["natick"]})
    assert control.read() == Control(False, frozenset({"A"}), frozenset({"denver"}), "damaged", frozenset({"natick"}))
    (tmp_path / "world.json").unlink()
    assert control.read() == Control()


def test_a_file_that_makes_no_sense_changes_nothing_and_is_told_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    control = ControlFile(tmp_path)
    write_control(tmp_path, {"paused": True})
    control.read()
    (tmp_path / "world.json").write_text('{"paused": tr')
    assert control.read().paused is True
    assert control.read().paused is True
    assert capsys.readouterr().out.count("world.json is ignored") == 1


@pytest.mark.parametrize(
    "wrong",
    [
        [],
        {"pause": True},
        {"paused": 1},
        {"reject": []},
        {"reject": {"sku": ["A"]}},
        {"reject": {"skus": "A"}},
        {"reject": {"nodes": [1]}},
        {"reject": {"reason": ""}},
        {"silent": "denver"},
    ],
)
def test_a_wrong_control_is_refused_and_not_written(tmp_path: Path, wrong: Any) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse(wrong)
    with pytest.raises(ValueError, match=r"."):
        write_control(tmp_path, wrong)
    assert list(tmp_path.iterdir()) == []


def test_the_clock_moves_with_its_file(tmp_path: Path) -> None:
    file = tmp_path / "clock"
    now = shifted_clock(file)
    real = int(time.time())
    assert 0 <= now() - real <= 1
    file.write_text("86400\n")
    assert 86_400 <= now() - real <= 86_401
    file.write_text("")
    assert 86_400 <= now() - real <= 86_401
    file.write_text("-3600")
    assert -3_600 <= now() - real <= -3_599
    file.unlink()
    assert 0 <= now() - real <= 1
