"""Runs a plan: documents in the order of the file, the clock moved to each, eight callers side by side.

A customer's documents go one after the other. After each day of the file the clock rests until what should have left
has left and its money is taken. Stragglers are waited for before their bank's hold runs out, and all of them at the
end. Where days are closed, nobody is left behind at the end of one.
"""

import time
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Semaphore

from local.progress import Failed
from tools.replaying.api import Api, Refused
from tools.replaying.cancellations import LONGEST_HOLD, SaleCancellation
from tools.replaying.clock import FileClock
from tools.replaying.closing import Closing
from tools.replaying.order_documents import order_document
from tools.replaying.outcome import Outcome, Placed
from tools.replaying.plan import Plan, Step
from tools.replaying.preparing import WRITE_OFF_NODE
from tools.replaying.progress_bar import ProgressBar
from tools.replaying.rules import Reason, Reject, StockChange
from tools.replaying.settling import settle

CALLERS = 8
NIGHT = timedelta(hours=2)
# So long the clock rests each night for orders that may also end on a later day.
NIGHT_SECONDS = 20.0
# A cancellation may come while the order is on its way to its nodes; then it is repeated for so long.
HAND_OVER_SECONDS = 45.0
HAND_OVER_PAUSE_SECONDS = 0.25
ON_ITS_WAY = "being handed to its nodes"


class Replay:
    """One replay of a plan against a running system."""

    def __init__(
        self,
        api: Api,
        clock: FileClock,
        plan: Plan,
        run: str,
        bar: ProgressBar,
        speed: float | None = None,
        closing: Closing | None = None,
    ) -> None:
        self._api = api
        self._clock = clock
        self._plan = plan
        self._run = run
        self._bar = bar
        self._pause = 1 / speed if speed else 0.0
        self._closing = closing
        self._free = Semaphore(CALLERS)
        self._under_way: dict[str, Future[None]] = {}
        # Cancellations that are on their way, with the instant at which their goods may leave.
        self._promised: list[tuple[datetime, Future[None]]] = []
        self._stuck: list[Placed] = []
        self.outcome = Outcome()
        self.seconds = 0.0

    def run(self) -> Outcome:
        """Take every step and wait until every order is settled; raises Failed when the system stays away."""
        began = next_at = time.monotonic()
        with ThreadPoolExecutor(CALLERS, thread_name_prefix="caller") as callers:
            try:
                for step in self._plan.steps:
                    self._reach(step.document.at)
                    time.sleep(max(0.0, next_at - time.monotonic()))
                    next_at = time.monotonic() + self._pause
                    self._begin(callers, step)
                self._rest(None)
                if self._closing is not None:
                    self._closing.finish(self.outcome)
            except BaseException:
                callers.shutdown(wait=False, cancel_futures=True)
                raise
        self.seconds = time.monotonic() - began
        return self.outcome

    def _reach(self, instant: datetime) -> None:
        """Bring the clock to a document's time, resting on the way where a day of the file has ended."""
        while self._closing is not None and self._closing.ends_at <= instant:
            self._rest(self._closing.ends_at)
            self._closing.close_next(self.outcome)
        if instant - self._clock.now() > NIGHT:
            self._rest(instant)
        for leaves_at, cancellation in self._promised:
            if leaves_at <= instant:
                cancellation.result()
        self._promised = [entry for entry in self._promised if not entry[1].done()]
        self._clock.move_to(instant)

    def _begin(self, callers: ThreadPoolExecutor, step: Step) -> None:
        who = step.document.customer or step.document.number
        earlier = self._under_way.get(who)
        if earlier is not None:
            earlier.result()
        self._free.acquire()
        job = callers.submit(self._take, step)
        self._under_way[who] = job
        leaves = [call.sale.ship_after for call in step.cancellations if call.sale.ship_after]
        if leaves:
            self._promised.append((min(leaves), job))

    def _rest(self, until: datetime | None) -> None:
        """Wait for what can end before the clock is at `until`; None means everything.

        Stragglers may end later, but no order stays open until its bank's hold runs out.
        """
        for job in self._under_way.values():
            job.result()
        self._under_way.clear()
        open_orders = [placed for placed in self.outcome.placed.values() if not placed.is_settled]
        held = [placed.sale.ship_after for placed in open_orders if placed.sale.ship_after]
        due = [instant for instant in held if until is None or instant < until]
        if due:
            self._clock.move_to(max(due) + timedelta(seconds=1))
        now = self._clock.now()
        waiting = [p for p in open_orders if not p.sale.ship_after or p.sale.ship_after <= now]
        urgent = [
            p
            for p in waiting
            if until is None or self._closing is not None or p.sale.document.at + LONGEST_HOLD <= until
        ]
        for given_up in settle(self._api, [p for p in urgent if until is None or p not in self._stuck], self._bar):
            self._stuck.append(given_up)
        settle(self._api, [p for p in waiting if p not in urgent], self._bar, NIGHT_SECONDS)

    def _take(self, step: Step) -> None:
        try:
            self.outcome.reject(*step.rejects)
            if step.sale is not None:
                self._place(step)
            for cancellation in step.cancellations:
                self._cancel(cancellation)
            for number, change in enumerate(step.stock_changes):
                self._change_stock(change, number)
            self.outcome.finish_document()
            self._bar.show(self.outcome.documents, len(self.outcome.placed), step.document.local_time)
        finally:
            self._free.release()

    def _place(self, step: Step) -> None:
        sale = step.sale
        assert sale is not None
        number = step.document.number
        try:
            said = self._api.send(
                "POST", "/v1/orders", order_document(sale, self._run), key=f"replay-{self._run}-{number}"
            )
        except Refused as refusal:
            self.outcome.refuse(Reject(number, Reason.REFUSED_SALE, sale.value, str(refusal)))
            return
        self.outcome.place(Placed(sale, said.document["id"], said.document["total"], said.replayed))

    def _cancel(self, cancellation: SaleCancellation) -> None:
        number, sale = cancellation.document.number, cancellation.sale.document.number
        placed = self.outcome.placed.get(sale)
        if placed is None:
            self.outcome.reject(Reject(number, Reason.SALE_REFUSED, -cancellation.value, sale))
            return
        lines = [{"line_no": line_no, "quantity": units} for line_no, units in sorted(cancellation.units.items())]
        body = {"reason": f"cancelled by {number}", "lines": lines}
        deadline = time.monotonic() + HAND_OVER_SECONDS
        while True:
            try:
                path = f"/v1/orders/{placed.order_id}/cancellations"
                self._api.send("POST", path, body, key=f"replay-{self._run}-{number}-{sale}")
            except Refused as refusal:
                if ON_ITS_WAY in refusal.detail and time.monotonic() < deadline:
                    time.sleep(HAND_OVER_PAUSE_SECONDS)
                    continue
                reject = Reject(number, Reason.REFUSED_CANCELLATION, -cancellation.value, f"{sale}: {refusal}")
                self.outcome.refuse(reject)
            else:
                self.outcome.cancel(cancellation)
            return

    def _change_stock(self, change: StockChange, number: int) -> None:
        movement = {
            "node_id": WRITE_OFF_NODE,
            "sku": change.sku,
            "kind": "adjusted",
            "quantity": change.quantity,
            "reason": change.reason,
        }
        key = f"replay-{self._run}-{change.document}-stock-{number}"
        try:
            self._api.send("POST", "/v1/inventory/movements", {"movements": [movement]}, key=key)
        except Refused as refusal:
            raise Failed(f"the stock change of document {change.document} was refused: {refusal}") from refusal
        self.outcome.change_stock(change)
