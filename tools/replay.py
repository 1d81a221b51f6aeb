"""`make replay FILE=… [LIMIT=… SPEED=… CLOSE=…]`: run the documents of a real order file through the public API.

Starts the system if it is down, moves its clock along the dates of the file, closes each business date that is over,
prints what was done and what was not, and ends with 1 when a sum or an invariant does not hold, or a date does not tie
out. Rules per line: tools/replaying/rules.py; which cancellation
belongs to which sale: tools/replaying/cancellations.py.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

from local.progress import Failed, Progress, explain, interruptible
from local.state import Http, NotRunning, Running
from tools.replaying import books, checks, preparing
from tools.replaying.api import Api, Refused
from tools.replaying.clock import FileClock
from tools.replaying.closing import Closing, check_days
from tools.replaying.documents import Document, Unreadable, read_documents
from tools.replaying.notes import Notes, WrongRun, fingerprint, new_run, only_one, read_notes, write_notes
from tools.replaying.order_documents import company_of
from tools.replaying.outcome import Outcome
from tools.replaying.payouts import business_day
from tools.replaying.plan import Plan, make_plan
from tools.replaying.progress_bar import ProgressBar
from tools.replaying.provider import ProviderLog, takings
from tools.replaying.report import report
from tools.replaying.running import Replay

BEFORE_FIRST_DOCUMENT = timedelta(hours=1)
# Business days beyond the dates of the file in which something of the replay may be posted.
DAYS_AROUND = timedelta(days=3)
LEDGER_SECONDS = 60.0
LEDGER_PAUSE_SECONDS = 1.0


def main(arguments: Sequence[str] | None = None) -> int:
    asked = _arguments(arguments)
    interruptible()
    progress = Progress()
    state = asked.state.resolve()
    run = asked.run or new_run()
    try:
        documents = _documents(asked.file, asked.limit)
        running = _running(state, asked.port, progress)
        with only_one(state):
            return _replay(running, documents, run, asked, progress)
    except (Unreadable, WrongRun) as problem:
        print(problem, file=sys.stderr)
        return 2
    except Failed as failure:
        explain(failure)
        return 1
    except Refused as refusal:
        print(f"The system refused what the replay needs: {refusal}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(
            f"\nInterrupted. RUN={run} with the same FILE and LIMIT goes on where it stopped; the clock of the",
            file=sys.stderr,
        )
        print("system stays at the date it had reached: `make clock OFFSET=0` sets it back.", file=sys.stderr)
        return 130


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make replay", description="Run a real order file through the public API.")
    parser.add_argument("--file", type=Path, required=True)
    parser.add_argument("--limit", type=_above_zero, help="only the first so many documents")
    parser.add_argument("--speed", type=_speed, help="at most so many documents per second")
    parser.add_argument("--close", type=int, choices=(0, 1), default=1, help="0 leaves the business dates open")
    parser.add_argument("--run", default="", help="name of an earlier run to go on with or to repeat")
    parser.add_argument("--port", type=int, default=4566)
    parser.add_argument("--state", type=Path, default=Path(".local/state"))
    return parser.parse_args(arguments)


def _above_zero(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("a whole number above zero")
    return number


def _speed(text: str) -> float:
    number = float(text)
    if not 0 < number < 10_000:
        raise argparse.ArgumentTypeError("a number of documents per second")
    return number


def _documents(file: Path, limit: int | None) -> list[Document]:
    if not file.exists():
        raise Unreadable(f"There is no {file}; a small extract comes with the clone: local/seed/data/documents.csv")
    documents = read_documents(file, limit)
    if not documents:
        raise Unreadable(f"{file} holds no documents")
    return documents


def _running(state: Path, port: int, progress: Progress) -> Running:
    """Return the system of a state folder; one that is down is started and left running."""
    try:
        running = Running(state)
        if Http(running.endpoint, timeout=5).request("GET", "/_ministack/health").ok:
            return running
    except (NotRunning, OSError):
        pass
    from local.run import bring_up
    from local.stop import nothing_left_behind

    with nothing_left_behind(state) as started:
        return bring_up(state, port, progress, started)


def _replay(
    running: Running, documents: list[Document], run: str, asked: argparse.Namespace, progress: Progress
) -> int:
    api, clock, plan = Api(running), FileClock(running), make_plan(documents)
    notes = read_notes(running.state_dir, run, documents)
    is_first = notes is None
    is_repeat = notes is not None and notes.finished
    span = documents[0].at.date() - DAYS_AROUND, documents[-1].at.date() + DAYS_AROUND
    print(f"Run {run}: {len(documents):,} documents, {documents[0].local_time} to {documents[-1].local_time}")
    offset = clock.offset
    if notes is None or is_repeat:
        clock.set_to(documents[0].at - BEFORE_FIRST_DOCUMENT)
    elif not span[0] <= clock.now().date() <= span[1]:
        raise WrongRun(f"the clock has left the dates of run {run}, so it cannot go on: leave RUN out for a new one")
    with progress.step(f"nodes, {len(plan.skus)} SKUs and their stock"):
        preparing.register_nodes(api, run, documents[0].at)
        fresh = preparing.register_items(api, plan, run)
        if notes is None or is_repeat:
            known = [sku for sku in plan.skus if is_repeat or sku not in fresh]
            stock = {sku: [0, 0] for sku in plan.skus} | preparing.read_stock(api, known)
            notes = Notes(
                run, fingerprint(documents), offset, stock, books.read_books(api, company_of(run), *span), is_repeat
            )
            write_notes(running.state_dir, notes)
        preparing.receive(api, plan, run)
    bar = ProgressBar(len(plan.steps))
    log = ProviderLog(running)
    first, last = (business_day(int(documents[end].at.timestamp())) for end in (0, -1))
    closing = Closing(api, clock, run, log, bar, first, last) if asked.close else None
    replay = Replay(api, clock, plan, run, bar, asked.speed, closing)
    outcome = replay.run()
    bar.close()
    with progress.step("the payment provider's log"):
        outcome.takings = takings(log.read())
    held = _checks(api, plan, outcome, notes, span, progress, closing, is_first=is_first)
    print(f"\n{report(plan, outcome, held, replay.seconds)}")
    if not all(check.holds for check in held):
        print(f"\nNot everything holds. The clock stays at {clock.now():%Y-%m-%d %H:%M} UTC, run {run}.")
        return 1
    notes.finished = True
    write_notes(running.state_dir, notes)
    clock.restore(notes.clock)
    print(f"\nAll invariants hold. RUN={run} repeats this run, which changes nothing; the clock is set back.")
    return 0


def _checks(
    api: Api,
    plan: Plan,
    outcome: Outcome,
    notes: Notes,
    span: tuple[date, date],
    progress: Progress,
    closing: Closing | None,
    *,
    is_first: bool,
) -> list[checks.Check]:
    """Compare the run with the books and the stock; the books of a repeat must not have moved at all."""
    with progress.step("the ledger and the stock"):
        settled = closing.settled() if closing else checks.Settled()
        posted = _posted(api, outcome, notes, span, settled)
        stock = preparing.read_stock(api, plan.skus)
    held = [
        checks.check_file(plan, outcome),
        checks.check_refusals(outcome, api.server_errors),
        checks.check_orders(outcome),
        checks.check_captures(outcome, all_known=is_first),
        *([check_days(closing.days)] if closing else []),
    ]
    if notes.finished:
        return [*held, checks.check_unchanged(notes.stock, stock, posted, outcome.placed.values())]
    return [*held, checks.check_books(outcome, posted, settled), checks.check_stock(plan, outcome, notes.stock, stock)]


def _posted(api: Api, outcome: Outcome, notes: Notes, span: tuple[date, date], settled: checks.Settled) -> books.Sums:
    """Return what the run has posted, once the ledger has caught up with the orders or a minute has passed."""
    deadline = time.monotonic() + LEDGER_SECONDS
    while True:
        posted = books.change(notes.ledger, books.read_books(api, company_of(notes.run), *span))
        if notes.finished or checks.check_books(outcome, posted, settled).holds or time.monotonic() > deadline:
            return posted
        time.sleep(LEDGER_PAUSE_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
