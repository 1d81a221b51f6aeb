"""Plays all nodes over the store bus: hears of work through a queue of its own, answers with node messages.

A message stays in the queue until its work is done, so a bot that dies forgets nothing; doing work twice is
harmless because every node message has an id that never changes.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from local.world.control import ControlFile
from local.world.work import (
    Asked,
    Control,
    Step,
    Work,
    answer,
    detail,
    is_due,
    plan,
    read_asked,
    read_dispatched,
    read_released,
    source,
    without,
)

NAME = "OutsideWorld"
HEARD = (
    "FulfillmentOrderReleased",
    "FulfillmentOrderDispatched",
    "FulfillmentOrderCancelled",
    "FulfillmentOrderCancellationRequested",
)
MOST_ENTRIES = 10
MOST_MESSAGES = 10
# Work that waits comes back this often; it must be longer than one batch takes.
VISIBILITY_SECONDS = 60
MOST_CANCELLED_REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class Job:
    """Work and the queue message that brought it, or a request to let go of some of it or to receive it."""

    work: Work
    receipt: str
    asked: Asked | None = None
    begun: bool = False

    @property
    def name(self) -> str:
        """What tells it from other jobs."""
        return self.asked.event_id if self.asked else self.work.fulfillment_order_id

    def steps(self, control: Control) -> list[Step]:
        """What the node says to it."""
        return answer(self.asked, control, begun=self.begun) if self.asked else plan(self.work, control)


def listen(sqs: Any, events: Any, bus: str, name: str = NAME, heard: Sequence[str] = HEARD) -> str:
    """Make a bot's queue and its rule on a bus, unless they exist; returns the queue's URL."""
    url: str = sqs.create_queue(QueueName=name, Attributes={"VisibilityTimeout": str(VISIBILITY_SECONDS)})["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    pattern = {"source": ["spine"], "detail-type": list(heard)}
    rule = events.put_rule(Name=name, EventBusName=bus, EventPattern=json.dumps(pattern))["RuleArn"]
    allowed = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": rule}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    failed = events.put_targets(Rule=name, EventBusName=bus, Targets=[{"Id": "Queue", "Arn": arn}])["FailedEntryCount"]
    if failed:
        raise RuntimeError(f"the bus {bus} does not take the queue {name} as a target")
    return url


class NodeBot:
    """All nodes of all tenants; `now` gives the product's time in whole seconds."""

    def __init__(
        self, sqs: Any, events: Any, bus: str, queue_url: str, control: ControlFile, now: Callable[[], int]
    ) -> None:
        self._sqs = sqs
        self._events = events
        self._bus = bus
        self._queue_url = queue_url
        self._control = control
        self._now = now
        self._waiting: dict[str, Job] = {}
        self._cancelled: OrderedDict[str, None] = OrderedDict()

    def step(self, wait_seconds: int) -> int:
        """Take a batch from the queue, waiting at most so long for it, and do what is due.

        Returns how many pieces of work were done; while paused it takes and does nothing.
        """
        if self._control.read().paused:
            return 0
        # Work that waits for the clock must not wait for the next message as well.
        wait = min(wait_seconds, 1) if self._waiting else wait_seconds
        answer = self._sqs.receive_message(
            QueueUrl=self._queue_url, MaxNumberOfMessages=MOST_MESSAGES, WaitTimeSeconds=wait
        )
        messages = answer.get("Messages", [])
        control = self._control.read()
        if control.paused:
            self._give_back([message["ReceiptHandle"] for message in messages])
            return 0
        finished = [message["ReceiptHandle"] for message in messages if not self._hear(message)]
        done = self._play(control)
        self._forget([*finished, *(job.receipt for job in done)])
        return len(done)

    def _hear(self, message: dict[str, Any]) -> bool:
        """Note what a message says; whether it must stay in the queue until its work is done."""
        try:
            event = json.loads(message["Body"])
            data = event["detail"]["data"]
            if event["detail-type"] == "FulfillmentOrderCancelled":
                if data["nothing_left"]:
                    self._cancel(str(data["fulfillment_order_id"]))
                return False
            if event["detail-type"] == "FulfillmentOrderCancellationRequested":
                self._ask(read_asked(event["detail"]), message["ReceiptHandle"])
                return True
            if event["detail-type"] == "FulfillmentOrderDispatched":
                asked = read_dispatched(event["detail"])
                self._waiting[asked.event_id] = Job(asked.work, message["ReceiptHandle"], asked)
                return True
            work = read_released(event["detail"])
        except (KeyError, ValueError, TypeError) as problem:
            print(f"not understood and dropped: {type(problem).__name__} {problem}", flush=True)
            return False
        if work.fulfillment_order_id in self._cancelled:
            return False
        self._waiting[work.fulfillment_order_id] = Job(work, message["ReceiptHandle"])
        return True

    def _ask(self, asked: Asked, receipt: str) -> None:
        """Let go of work that has not begun; the node says so with its next steps."""
        job = self._waiting.get(asked.work.fulfillment_order_id)
        self._waiting[asked.event_id] = Job(asked.work, receipt, asked, begun=job is None)
        if job is not None:
            left = without(job.work, asked.work.units)
            if left.units:
                self._waiting[job.name] = replace(job, work=left)
            else:
                self._cancel(job.name)

    def _cancel(self, fulfillment_order_id: str) -> None:
        """Forget work, also work that will only be heard of later: the bus promises no order."""
        self._cancelled[fulfillment_order_id] = None
        if len(self._cancelled) > MOST_CANCELLED_REMEMBERED:
            self._cancelled.popitem(last=False)
        job = self._waiting.pop(fulfillment_order_id, None)
        if job is not None:
            self._forget([job.receipt])

    def _play(self, control: Control) -> list[Job]:
        """Do all work that is due; returns what may leave the queue."""
        now = self._now()
        due = [job for job in self._waiting.values() if is_due(job.work, now)]
        plans = [(job, job.steps(control)) for job in due]
        done = [job for group in _together(plans) for job in self._send(group, now)]
        for job in done:
            del self._waiting[job.name]
        return done

    def _send(self, group: Sequence[tuple[Job, list[Step]]], now: int) -> list[Job]:
        """Put all steps of some work on the bus in one call; returns the work whose steps were all taken."""
        owners = [(job, step) for job, steps in group for step in steps]
        if not owners:
            return [job for job, _ in group]
        entries = [
            {
                "EventBusName": self._bus,
                "Source": source(job.work),
                "DetailType": step.detail_type,
                "Detail": json.dumps(detail(job.work, step, now), separators=(",", ":")),
            }
            for job, step in owners
        ]
        results = self._events.put_events(Entries=entries)["Entries"]
        failed = {job.name for (job, _), result in zip(owners, results, strict=True) if result.get("ErrorCode")}
        for name in sorted(failed):
            print(f"the bus did not take every step of {name}; once more later", flush=True)
        return [job for job, _ in group if job.name not in failed]

    def _forget(self, receipts: Sequence[str]) -> None:
        for batch in _tens(receipts):
            entries = [{"Id": str(number), "ReceiptHandle": receipt} for number, receipt in enumerate(batch)]
            self._sqs.delete_message_batch(QueueUrl=self._queue_url, Entries=entries)

    def _give_back(self, receipts: Sequence[str]) -> None:
        for batch in _tens(receipts):
            entries = [
                {"Id": str(number), "ReceiptHandle": receipt, "VisibilityTimeout": 0}
                for number, receipt in enumerate(batch)
            ]
            self._sqs.change_message_visibility_batch(QueueUrl=self._queue_url, Entries=entries)


def _together(plans: Sequence[tuple[Job, list[Step]]]) -> Iterator[list[tuple[Job, list[Step]]]]:
    """Group work so that the steps of a group fit into one call and no work is torn apart."""
    group: list[tuple[Job, list[Step]]] = []
    for job, steps in plans:
        if sum(len(others) for _, others in group) + len(steps) > MOST_ENTRIES:
            yield group
            group = []
        group.append((job, steps))
    if group:
        yield group


def _tens(receipts: Sequence[str]) -> Iterator[list[str]]:
    remaining = iter(receipts)
    while batch := list(islice(remaining, MOST_MESSAGES)):
        yield batch
