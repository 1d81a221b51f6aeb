"""The replay's calls, its notes, its clock file and its progress line."""

import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from local.progress import Failed
from local.state import Answer, read_clock, write_clock
from tests.unit.replay.samples import document, line
from tools import replay
from tools.replaying import api as api_module
from tools.replaying.api import Api, Refused
from tools.replaying.clock import FileClock
from tools.replaying.notes import Notes, WrongRun, fingerprint, new_run, only_one, read_notes, write_notes
from tools.replaying.progress_bar import ProgressBar

DOCUMENTS = [document("1", line("A", 1, "1.00"))]


def problem(status: int, code: str) -> Answer:
    return Answer(status, {}, json.dumps({"code": code, "detail": "why", "errors": [{"pointer": "/x"}]}).encode())


class Scripted:
    """Gives one answer after the other; an exception among them is raised."""

    def __init__(self, *answers: Answer | Exception) -> None:
        self.answers = list(answers)
        self.keys: list[str | None] = []

    def call(self, client: str, method: str, path: str, body: Any, *, key: str | None) -> Answer:
        self.keys.append(key)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def talk(monkeypatch: pytest.MonkeyPatch, *answers: Answer | Exception) -> tuple[Api, Scripted]:
    monkeypatch.setattr(api_module, "FIRST_PAUSE_SECONDS", 0.0)
    system = Scripted(*answers)
    return Api(system), system  # type: ignore[arg-type]


def test_a_busy_system_is_asked_again_under_the_same_key(monkeypatch: pytest.MonkeyPatch) -> None:
    done = Answer(200, {"idempotency-replayed": "true"}, b'{"id": 1}')
    api, system = talk(monkeypatch, problem(503, "busy"), problem(409, "still_running"), TimeoutError(), done)
    said = api.send("POST", "/v1/orders", {}, key="k")
    assert (said.document, said.replayed) == ({"id": 1}, True)
    assert system.keys == ["k"] * 4
    assert api.server_errors == []


def test_an_answer_that_should_never_come_is_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    api, _ = talk(monkeypatch, Answer(500, {}, b"oh"), Answer(200, {}, b"{}"))
    api.get("/v1/orders/1")
    assert api.server_errors == ["GET /v1/orders/1: 500 500"]


def test_a_refusal_is_final_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    api, system = talk(monkeypatch, problem(422, "invalid_request"))
    with pytest.raises(Refused, match="422 invalid_request why /x") as refused:
        api.send("POST", "/v1/orders", {}, key="k")
    assert refused.value.code == "invalid_request"
    assert len(system.keys) == 1


def test_patience_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api_module, "PATIENCE_SECONDS", -1.0)
    api, _ = talk(monkeypatch, ConnectionRefusedError("nobody"))
    with pytest.raises(Failed, match="nobody"):
        api.get("/v1/orders/1")


def test_notes_come_back_for_the_same_documents_only(tmp_path: Path) -> None:
    run = new_run()
    assert read_notes(tmp_path, run, DOCUMENTS) is None
    notes = Notes(run, fingerprint(DOCUMENTS), -5, {"A": [1, 0]}, {"4010 GBP": [0, 5]}, True)
    write_notes(tmp_path, notes)
    assert read_notes(tmp_path, run, DOCUMENTS) == notes
    with pytest.raises(WrongRun, match="other documents"):
        read_notes(tmp_path, run, [document("2", line("A", 1, "1.00"))])


@pytest.mark.parametrize("run", ["../other", "a1", "A", "é", " "])
def test_a_run_is_named_by_small_letters(tmp_path: Path, run: str) -> None:
    with pytest.raises(WrongRun, match="small letters"):
        read_notes(tmp_path, run, DOCUMENTS)


def test_one_replay_at_a_time(tmp_path: Path) -> None:
    with only_one(tmp_path), pytest.raises(WrongRun, match="another replay"), only_one(tmp_path):
        pass
    with only_one(tmp_path):
        pass


class StateOnDisk:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def clock_offset(self) -> int:
        return read_clock(self.folder)

    @clock_offset.setter
    def clock_offset(self, seconds: int) -> None:
        write_clock(self.folder, seconds)


def test_the_clock_goes_back_at_the_beginning_and_at_the_end_only(tmp_path: Path) -> None:
    write_clock(tmp_path, 77)
    clock = FileClock(StateOnDisk(tmp_path))  # type: ignore[arg-type]
    begin = datetime(2010, 12, 1, 8, 0, tzinfo=UTC)
    clock.set_to(begin)
    assert timedelta() <= clock.now() - begin < timedelta(seconds=5)
    clock.move_to(begin + timedelta(hours=1))
    offset = read_clock(tmp_path)
    clock.move_to(begin)
    assert read_clock(tmp_path) == offset
    assert clock.now() >= begin + timedelta(hours=1)
    clock.restore(77)
    assert read_clock(tmp_path) == 77


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_one_line_that_changes() -> None:
    stream = Terminal()
    bar = ProgressBar(4, stream)
    bar.show(4, 3, "2010-12-01 08:26:00")
    bar.say("stays")
    bar.close()
    assert "[##############################] 4/4 documents, 3 orders, 2010-12-01 08:26" in stream.getvalue()
    assert "\r\x1b[Kstays\n" in stream.getvalue()


def test_elsewhere_lines_are_plain_and_few() -> None:
    stream = io.StringIO()
    bar = ProgressBar(100, stream)
    for number in range(1, 101):
        bar.show(number, number, "2010-12-01 08:26:00")
    bar.close()
    lines = stream.getvalue().splitlines()
    assert [text.split(",")[0].strip() for text in lines] == ["1/100 documents", "100/100 documents"]
    assert "\r" not in stream.getvalue()


def test_usage_errors_end_with_two(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    there_is_none = ["--file", str(tmp_path / "none.csv"), "--state", str(tmp_path)]
    assert replay.main(there_is_none) == 2
    assert "local/seed/data/documents.csv" in capsys.readouterr().err
    for wrong in (["--limit", "0"], ["--limit", "x"], ["--speed", "0"], ["--speed", "nan"]):
        with pytest.raises(SystemExit) as ended:
            replay.main([*there_is_none, *wrong])
        assert ended.value.code == 2
