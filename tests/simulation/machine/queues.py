"""SQS: messages that are hidden while somebody has them, come back when nobody says done, and are set aside at last."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from tests.simulation.machine.lambdas import Outcome
from tests.simulation.machine.topology import Feed, QueueSpec

# From arrival to the call of the function, in milliseconds.
POLL = 20


@dataclass(slots=True)
class Message:
    """A message; hidden until `visible_at`."""

    id: str
    body: str
    visible_at: int
    receives: int = 0


class Queue:
    """One queue, and the function that works it off, if one does."""

    def __init__(self, simulation: Any, spec: QueueSpec, feed: Feed | None) -> None:
        self._simulation = simulation
        self.spec = spec
        self.feed = feed
        self.messages: list[Message] = []
        # What was set aside before the last of its tries.
        self.given_up: list[str] = []
        self._running = 0
        self._sent = 0

    @property
    def is_dead_letters(self) -> bool:
        """Whether nobody works this queue off: what is in it was set aside."""
        return self.feed is None

    def send(self, body: str, *, delay: int = 0) -> str:
        """A message arrives; its id."""
        simulation = self._simulation
        self._sent += 1
        delay += simulation.faults.delay("queue_late", 0)
        message = Message(f"{self.spec.name}-{self._sent}", body, simulation.scheduler.now + delay)
        self.messages.append(message)
        self._look_at(message.visible_at + POLL)
        return message.id

    def _look_at(self, instant: int) -> None:
        if self.feed is not None:
            self._simulation.scheduler.at(instant, self._poll)

    def _poll(self) -> None:
        """Give the function as many visible messages as it takes at once."""
        feed, simulation = self.feed, self._simulation
        assert feed is not None
        now = simulation.scheduler.now
        visible = [message for message in self.messages if message.visible_at <= now]
        if not visible or self._running >= feed.concurrency:
            return
        most = min(simulation.faults.how_many(feed.batch), len(visible))
        batch = [message for message in visible[:most] if not self._set_aside(message)]
        if batch:
            self._running += 1
            for message in batch:
                if message.receives:
                    simulation.faults.came_by("redelivered", self.spec.name)
                message.receives += 1
                message.visible_at = now + self.spec.visibility * 1000
                if simulation.faults.weather("queue_twice", 0.1):
                    # SQS may hand out what is still in somebody's hands.
                    message.visible_at = now + (1, 200, 5_000)[simulation.choices.pick(3)]
                    self._look_at(message.visible_at)
            event = {"Records": [_record(message, self.spec.name) for message in batch]}
            simulation.lambdas.invoke(feed.function, event, partial(self._answered, batch))
        if len(visible) > most:
            self._look_at(now + 1)

    def _set_aside(self, message: Message) -> bool:
        faults, name = self._simulation.faults, self.spec.name
        if not self.spec.dead_letters:
            return False
        if message.receives < self.spec.most_receives:
            if not message.receives or not faults.spend("given_up", name, 0.5):
                return False
            self.given_up.append(message.body)
        self.messages.remove(message)
        faults.came_by("set_aside", name)
        self._simulation.note(name, "set aside", message.id)
        self._simulation.queues[self.spec.dead_letters].send(message.body)
        return True

    def redrive(self) -> None:
        """Somebody sends again what was set aside too early."""
        assert self.spec.dead_letters is not None or not self.given_up
        for body in self.given_up:
            dead = self._simulation.queues[self.spec.dead_letters].messages
            dead.remove(next(message for message in dead if message.body == body))
            self.send(body)
        self.given_up.clear()

    def _answered(self, batch: list[Message], outcome: Outcome) -> None:
        """What the function does not name as failed is done; the rest comes back when its time is up."""
        feed, simulation = self.feed, self._simulation
        assert feed is not None
        self._running -= 1
        failed = {message.id for message in batch}
        if outcome.error is None:
            answer = outcome.value if feed.partial else None
            failed = failed_items(answer)
        for message in batch:
            if message.id not in failed:
                if message in self.messages:
                    self.messages.remove(message)
            elif message in self.messages:
                self._look_at(max(message.visible_at, simulation.scheduler.now + 1))
        if any(message.visible_at <= simulation.scheduler.now for message in self.messages):
            self._look_at(simulation.scheduler.now + 1)


def failed_items(answer: Mapping[str, Any] | None) -> set[str]:
    """The identifiers that a partial answer names."""
    return {entry["itemIdentifier"] for entry in (answer or {}).get("batchItemFailures", [])}


def _record(message: Message, queue: str) -> dict[str, Any]:
    return {
        "messageId": message.id,
        "receiptHandle": f"{message.id}-{message.receives}",
        "body": message.body,
        "attributes": {"ApproximateReceiveCount": str(message.receives)},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": f"arn:aws:sqs:us-east-1:123456789012:{queue}",
        "awsRegion": "us-east-1",
    }
