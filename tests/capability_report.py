"""A pytest plugin: remembers which capability each test proves and whether it passed, for `make capabilities`.

Runs are merged: a test keeps its last outcome until it runs again or is gone from its file.
"""

import fcntl
import json
import os
from pathlib import Path

import pytest

from tools.capabilities import REPORT, ROWS, is_public, read_rows

_OUTCOMES = pytest.StashKey[dict[str, str]]()


def _proves(item: pytest.Item) -> dict[str, bool]:
    """Return the row ids that a test proves, each with whether it claims the whole sentence."""
    proves: dict[str, bool] = {}
    for mark in item.iter_markers("capability"):
        for row_id in mark.args:
            proves[row_id] = proves.get(row_id, False) or bool(mark.kwargs.get("whole", False))
    return proves


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse the run when a mark names a row that does not exist or says something else than ids and `whole`."""
    known = {row.id for row in read_rows(ROWS.read_text(encoding="utf-8"))}
    wrong = []
    for item in items:
        for mark in item.iter_markers("capability"):
            unknown = [str(row_id) for row_id in mark.args if row_id not in known]
            if unknown or not mark.args or set(mark.kwargs) - {"whole"}:
                wrong.append(f"{item.nodeid}: {', '.join(unknown) or 'no id, or an unknown argument'}")
    if wrong:
        raise pytest.UsageError("capability marks that docs/capabilities.md does not know:\n" + "\n".join(wrong))


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_OUTCOMES] = {}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item):
    """Keep the worst outcome over set-up, call and tear-down of a test."""
    report = yield
    outcomes = item.config.stash[_OUTCOMES]
    seen = outcomes.get(item.nodeid)
    if report.failed or seen == "failed":
        outcomes[item.nodeid] = "failed"
    elif report.skipped or seen == "skipped":
        outcomes[item.nodeid] = "skipped"
    elif report.when == "call":
        outcomes[item.nodeid] = "passed"
    return report


def pytest_sessionfinish(session: pytest.Session) -> None:
    outcomes = session.config.stash[_OUTCOMES]
    if session.config.option.collectonly or not outcomes:
        return
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    # Two runs beside each other merge one after the other.
    with open(REPORT.with_suffix(".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _merge(session)


def _merge(session: pytest.Session) -> None:
    outcomes = session.config.stash[_OUTCOMES]
    earlier = json.loads(REPORT.read_text(encoding="utf-8")) if REPORT.exists() else {}
    fresh = {
        item.nodeid: {
            "proves": _proves(item),
            "door": "public" if is_public(item.nodeid) else "inside",
            "outcome": outcomes[item.nodeid],
        }
        for item in session.items
        if item.nodeid in outcomes and _proves(item)
    }
    _write(REPORT, {**_still_there(earlier, session), **fresh})


def _still_there(earlier: dict[str, dict], session: pytest.Session) -> dict[str, dict]:
    """Drop tests that ran again without a mark, whose file is gone, or that their file no longer has."""
    ran = session.config.stash[_OUTCOMES]
    collected = {item.nodeid for item in session.items}
    options = session.config.option
    narrowed = options.keyword or options.markexpr or any("::" in argument for argument in session.config.args)
    whole_files = set() if narrowed else {_file(test) for test in collected}
    return {
        test: entry
        for test, entry in earlier.items()
        if test not in ran
        and (session.config.rootpath / _file(test)).exists()
        and (test in collected or _file(test) not in whole_files)
    }


def _file(test: str) -> str:
    return test.split("::")[0]


def _write(path: Path, report: dict[str, dict]) -> None:
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.write_text(json.dumps(report, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    draft.replace(path)
