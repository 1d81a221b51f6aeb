"""Long searches in several processes, each of which takes a share of the numbers and reports what it found."""

from __future__ import annotations

import json
import os
import selectors
import sys
import traceback
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

# Runs numbers, given the first and how many; its reports are plain data.
Search = Callable[[int, int], Iterator[dict[str, Any]]]


def in_shares(search: Search, first: int, count: int, jobs: int) -> Iterator[dict[str, Any]]:
    """The reports of a search over `count` numbers from `first` on; what all need is to be loaded before.

    Raises RuntimeError when a process breaks down.
    """
    if jobs < 2:
        yield from search(first, count)
        return
    sys.stdout.flush()
    children = []
    share, rest = divmod(count, jobs)
    with selectors.DefaultSelector() as talking:
        for number in range(jobs):
            own = share + (number < rest)
            reading, writing = os.pipe()
            child = os.fork()
            if child == 0:
                _report_to(writing, search, first, own)
            os.close(writing)
            children.append(child)
            talking.register(os.fdopen(reading), selectors.EVENT_READ)
            first += own
        while talking.get_map():
            # A report is one line, written at once.
            for key, _ in talking.select():
                line = key.fileobj.readline()  # type: ignore[union-attr]
                if line:
                    yield json.loads(line)
                else:
                    talking.unregister(key.fileobj)
    ends = [os.waitpid(child, 0)[1] for child in children]
    if any(ends):
        raise RuntimeError("a simulating process broke down")


def _report_to(writing: int, search: Search, first: int, count: int) -> NoReturn:
    """Run a share as a process of its own."""
    failed = 1
    try:
        with os.fdopen(writing, "w") as told:
            for report in search(first, count):
                print(json.dumps(report), file=told, flush=True)
        failed = 0
    except Exception:  # noqa: BLE001 - whatever it is, the parent must not go on in this process
        traceback.print_exc()
    finally:
        os._exit(failed)
