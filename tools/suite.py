"""`python -m tools.suite [--weigh] [ARGS for pytest]`: the whole test suite, in as little time as two processors allow.

Two lanes take one process after another from a list, the longest first (suite_units.py); what each has said is printed
as a whole when it is done. A process that dies is a failure like any other, named with the files that it had. Journeys
and the console come last and alone: they have a whole system to run. `--weigh` writes down what each file took.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from xml.etree import ElementTree

from tools.suite_units import ALONE, ROOT, WEIGHTS, Unit, suite_files, units, weighed, weights

PYTEST = (sys.executable, "-m", "pytest")
LANES = 2
# What pytest says where its arguments have chosen no test.
NONE_CHOSEN = 5
# Tests of several processes ask for the templates; made beforehand, they are made once, and side by side.
TEMPLATES = [f"from tests.template import assembly; assembly('{target}')" for target in ("aws", "local")]


@dataclass(frozen=True, slots=True)
class Ended:
    """How a process ended: its code (below zero: by which signal), what it said and needed, and pytest's report."""

    unit: Unit
    code: int
    said: bytes
    seconds: int
    megabytes: int
    report: ElementTree.Element | None

    @property
    def failed(self) -> bool:
        """Whether a test failed; and a process that passed has to have said so in a report, too."""
        return self.code not in (0, NONE_CHOSEN) or self.report is None

    @property
    def verdict(self) -> str:
        """How it ended, in a few words."""
        if self.code < 0:
            return f"DIED of signal {-self.code}"
        if self.code == NONE_CHOSEN:
            return "no test chosen"
        return "FAILED" if self.failed else "passed"


class Lanes:
    """Runs units side by side, each as a process of pytest in a folder."""

    def __init__(self, arguments: Sequence[str], folder: Path = ROOT) -> None:
        self._arguments = arguments
        self._folder = folder
        self._running: set[subprocess.Popen[bytes]] = set()

    def run(self, listed: Sequence[Unit]) -> Iterator[Ended]:
        """How each ended, in the order in which they end; whoever stops listening ends what still runs."""
        with ThreadPoolExecutor(LANES) as pool:
            try:
                for done in as_completed([pool.submit(self._one, unit) for unit in listed]):
                    yield done.result()
            finally:
                pool.shutdown(wait=False, cancel_futures=True)
                for process in list(self._running):
                    process.terminate()

    def _one(self, unit: Unit) -> Ended:
        begun = monotonic()
        with tempfile.TemporaryDirectory() as kept, tempfile.TemporaryFile() as said:
            written = Path(kept) / "report.xml"
            command = [*PYTEST, *unit.files, f"--junitxml={written}", *self._arguments]
            process = subprocess.Popen(
                command, cwd=self._folder, stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT
            )
            self._running.add(process)
            # This way, and not by `wait`, the process also says how much memory it had.
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            self._running.discard(process)
            report = None
            with suppress(OSError, ElementTree.ParseError):
                report = ElementTree.parse(written).getroot()
            said.seek(0)
            spent = int(monotonic() - begun)
            return Ended(unit, process.returncode, said.read(), spent, used.ru_maxrss // 1024, report)


def main(arguments: Sequence[str]) -> int:
    """Run all rooms; 0 where every test has passed."""
    making = [subprocess.Popen([sys.executable, "-c", template], cwd=ROOT) for template in TEMPLATES]
    codes = [made.wait() for made in making]
    if any(codes):
        return 1
    files = suite_files()
    listed = units(files, weights())
    ended = []
    for done in Lanes([argument for argument in arguments if argument != "--weigh"]).run(listed):
        ended.append(done)
        _show(done, f"{len(ended)}/{len(listed)}")
    failed = [done for done in ended if done.failed]
    print(_summary(ended), flush=True)
    if "--weigh" in arguments:
        found = weighed([done.report for done in ended if done.report is not None], files)
        WEIGHTS.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    if failed:
        return failed[0].code if failed[0].code > 0 else 1
    alone = subprocess.call([*PYTEST, *ALONE, *(argument for argument in arguments if argument != "--weigh")])
    # Arguments may choose tests of some rooms only, but not of none.
    return 0 if alone == NONE_CHOSEN and any(done.code == 0 for done in ended) else alone


def _show(done: Ended, place: str) -> None:
    """What one process said, below a line that says how it ended."""
    print(f"\n[{place}] {done.verdict} in {done.seconds} s, {done.megabytes} MB: {done.unit.name}", flush=True)
    if done.code != NONE_CHOSEN:
        sys.stdout.buffer.write(done.said)
    sys.stdout.flush()


def _summary(ended: Sequence[Ended]) -> str:
    """All tests counted, and every test and every process that failed."""
    suites = [suite for done in ended if done.report is not None for suite in done.report.iter("testsuite")]
    tests, skipped = (sum(int(suite.attrib[name]) for suite in suites) for name in ("tests", "skipped"))
    most = max((done.megabytes for done in ended), default=0)
    lines = [f"\n{tests} tests, {skipped} of them skipped, in {len(ended)} processes of at most {most} MB."]
    for done in ended:
        said = done.said.decode(errors="replace").splitlines()
        lines += [line for line in said if line.startswith(("FAILED ", "ERROR "))]
        if done.failed and (done.code < 0 or done.report is None):
            lines.append(f"{done.verdict}, and nothing is known of its tests: {' '.join(done.unit.files)}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
