"""The payment provider: the fake one of the local run on the virtual clock, behind the real adapter's connection."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from local.psp.core import Psp
from local.psp.courier import SIGNATURE_HEADER, sign
from local.psp.faults import FaultPlan
from local.psp.journal import Event
from local.psp.once import Answer
from local.psp.routes import Routes
from local.psp.wire import Request
from tests.simulation.machine import seams
from tests.simulation.machine.objects import CARRIER_SECRET, PSP_SECRET
from tests.simulation.machine.scheduler import Slot

# In milliseconds: one exchange, how long our side waits for an answer, and when a webhook that failed comes again.
LATENCY = 120
READ_TIMEOUT = 10_000
WEBHOOK_LATENCY = 60
# Where labels are bought, and where their files lie.
CARRIER_HOSTS = (urlsplit(str(CARRIER_SECRET["easypost"]["endpoint"])).hostname, "labels.example")
WAITS = (500, 1_000, 2_000, 4_000, 60_000, 600_000, 3_600_000, 6 * 3_600_000, 24 * 3_600_000)


class Socket:
    """What the adapter sets on a connection."""

    def setsockopt(self, *_: Any) -> None: ...

    def settimeout(self, _: float) -> None: ...


class Response:
    """An answer as http.client gives it."""

    def __init__(self, status: int, content: bytes) -> None:
        self.status = status
        self._content = content

    def read(self, _: int) -> bytes:
        return self._content

    def isclosed(self) -> bool:
        return True


class Connection:
    """Stands in for http.client's connection."""

    def __init__(self, host: str, port: int | None = None, timeout: float | None = None) -> None:
        self.sock: Socket | None = None
        self._asked: Request | None = None
        self._host = host

    def connect(self) -> None:
        self.sock = Socket()

    def close(self) -> None:
        self.sock = None

    def request(self, method: str, path: str, payload: bytes | None, headers: dict[str, str]) -> None:
        self._asked = Request(method, path, {name.lower(): text for name, text in headers.items()}, payload or b"")

    def getresponse(self) -> Response:
        assert self._asked is not None
        simulation = seams.running
        asked = simulation.carrier if self._host in CARRIER_HOSTS else simulation.provider
        response: Response = asked.exchange(self._asked)
        return response


class Plan(FaultPlan):
    """Planned misbehaviour, planned by the run's choices."""

    def __init__(self, simulation: Any) -> None:
        super().__init__()
        self._simulation = simulation

    def take(self, kinds: tuple[str, ...], operation: str, metadata: dict[str, str]) -> str | None:
        return self._simulation.faults.provider(kinds, operation)

    def expects(self, kind: str) -> bool:
        return False


class Provider:
    """The provider, its webhooks, and the moments at which something happens there by itself."""

    def __init__(self, simulation: Any) -> None:
        self._simulation = simulation
        self.psp = Psp(lambda: simulation.scheduler.now // 1000, run="sim")
        self.psp.plan = Plan(simulation)
        self._routes = Routes(self.psp, self, PSP_SECRET["api_key"])
        self._alarm = 0
        self.waiting = 0

    def exchange(self, asked: Request) -> Response:
        """One call of a function to the provider."""
        operation = asked.target.rsplit("/", 1)[1].split("?")[0] if asked.method == "POST" else "look"
        return self._simulation.aws.through("psp", operation, partial(self._answer, asked), write=False)

    def ask(self, method: str, path: str, body: bytes, key: str) -> Answer:
        """What somebody else than a function does at the provider, such as the shopper's bank."""
        headers = {"authorization": f"Bearer {PSP_SECRET['api_key']}", "idempotency-key": key}
        answer = self._routes.answer(Request(method, path, headers, body))
        self.tell()
        return answer

    @property
    def activated(self) -> list[str]:
        """The keys of what was activated, in turn."""
        return self._routes.activations.done

    def forget_keys(self) -> None:
        """What a provider does after a day: a repeat under an old key is a new call."""
        self.psp.keys._known.clear()

    def _answer(self, asked: Request) -> Response:
        scheduler = self._simulation.scheduler
        answer = self._routes.answer(asked)
        first = self.tell()
        if answer.events_first and first is not None:
            scheduler.wait(first, READ_TIMEOUT, quietly=True)
        if answer.manner == "silent":
            scheduler.sleep(READ_TIMEOUT)
            raise TimeoutError("the provider does not answer")
        if answer.manner == "slow":
            scheduler.sleep(self.psp.settings.slow_milliseconds)
        if answer.key is not None:
            self.psp.keys.finished(answer.key)
        return Response(answer.status, answer.payload)

    def tell(self) -> Slot | None:
        """Send all waiting webhooks on their way, and come back when something is due; how the last one went."""
        simulation, last = self._simulation, None
        outgoing = self.psp.journal.outgoing
        while outgoing:
            last = Slot()
            self.waiting += 1
            delay = simulation.faults.delay("webhook_late", WEBHOOK_LATENCY)
            simulation.scheduler.after(delay, partial(self._spawn, outgoing.popleft(), last))
        due = self.psp._due
        if due and due[0].at * 1000 > simulation.scheduler.now and due[0].at != self._alarm:
            self._alarm = due[0].at
            simulation.scheduler.at(self._alarm * 1000, self._happen)
        return last

    def _happen(self) -> None:
        self.psp.advance()
        self.tell()

    def _spawn(self, event: Event, tried: Slot) -> None:
        self._simulation.scheduler.spawn("psp webhook", partial(self._bring, event, tried))

    def _bring(self, event: Event, tried: Slot) -> None:
        """One attempt at a webhook."""
        simulation = self._simulation
        event.attempts += 1
        signature = sign(PSP_SECRET["webhook_secret"], simulation.scheduler.now // 1000, event.payload)
        headers = {SIGNATURE_HEADER.lower(): signature}
        answer = simulation.gateway.exchange("POST", "/v1/webhooks/strict", event.payload.decode(), headers, "provider")
        event.last_answer = answer.status
        simulation.scheduler.fill(tried)
        if answer.status is not None and 200 <= answer.status < 300:
            event.delivery = "delivered"
        elif event.attempts <= len(WAITS):
            again: Callable[[], None] = partial(self._spawn, event, Slot())
            simulation.scheduler.after(WAITS[event.attempts - 1], again)
            return
        else:
            event.delivery = "given_up"
        self.waiting -= 1
