"""The one door from the product to AWS and the provider: every call passes here, and here it goes wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NoReturn

from botocore.exceptions import ClientError, ReadTimeoutError

from tests.simulation.machine import faults as kinds
from tests.simulation.machine.evidence import Violation
from tests.simulation.machine.lambdas import Crashed, Invocation
from tests.simulation.machine.needs import needs
from tests.simulation.machine.objects import get_secret_value
from tests.simulation.machine.psp import LATENCY as PSP_LATENCY
from tests.simulation.machine.psp import READ_TIMEOUT, Response
from tests.simulation.machine.scheduler import Expired, Killed, Slot
from tests.simulation.machine.tables import OPERATIONS, WRITES
from tests.simulation.machine.workflow_errors import NotModelled

# How long a call takes, in milliseconds, and how fresh an index may be.
LATENCY = 4
INDEX_LAG = 3_000
_NAMES = {
    "dynamodb": ("ThrottlingException", "InternalServerError"),
    "s3": ("SlowDown", "InternalError"),
}


class SimAws:
    """Carries out the product's calls against the simulated services; what it does not know fails loudly."""

    def __init__(self, simulation: Any) -> None:
        self._simulation = simulation
        self._operations: dict[tuple[str, str], Callable[[Any], Any]] = {
            ("events", "PutEvents"): simulation.buses.put_events,
            ("stepfunctions", "StartSyncExecution"): simulation.runs.start_sync_execution,
            ("stepfunctions", "StartExecution"): simulation.runs.start_execution,
            ("stepfunctions", "SendTaskSuccess"): simulation.runs.send_task_success,
            ("stepfunctions", "SendTaskFailure"): simulation.runs.send_task_failure,
            ("secretsmanager", "GetSecretValue"): get_secret_value,
            ("sqs", "SendMessage"): self._send_message,
            ("s3", "PutObject"): lambda request: self._bucket(request).put_object(request),
            ("s3", "GetObject"): lambda request: self._bucket(request).get_object(request),
            ("s3", "ListObjectsV2"): simulation.objects.list_objects_v2,
        }
        self.seen: set[tuple[str, str, str]] = set()
        # What functions had to be allowed: function, action and resource; kept where a test wants it.
        self.needed: set[tuple[str, str, str]] | None = None

    def call(self, service: str, operation: str, request: Mapping[str, Any]) -> Any:
        """One call of a function through botocore."""
        if self.needed is not None and self._simulation.invocation is not None:
            function = self._simulation.invocation.function.name
            self.needed |= {(function, *need) for need in needs(service, operation, request, self._simulation.topology)}
        if service == "dynamodb" and operation in OPERATIONS:
            return self.through(service, operation, partial(self._table, operation, request), operation in WRITES)
        effect = self._operations.get((service, operation))
        if effect is None:
            # The product may catch what is raised here; the finding stays.
            simulation = self._simulation
            simulation.violations.append(Violation("MACHINE", service, f"{operation} is not imitated"))
            raise NotModelled(f"{service} {operation}")
        return self.through(service, operation, partial(effect, request), write=False)

    def through(self, service: str, operation: str, effect: Callable[[], Any], write: bool) -> Any:
        """A call on its way: others may go first, then it fails, or happens, or happens and is not heard of."""
        simulation = self._simulation
        invocation: Invocation | None = simulation.invocation
        if invocation is None:
            return effect()
        if invocation.over:
            # What a dead worker's clean-up asks for does not happen.
            raise Killed
        function = invocation.function.name
        invocation.calls += 1
        self.seen.add((function, service, operation))
        fault = simulation.faults.at_call(function, operation, write=write)
        simulation.scheduler.pass_on(PSP_LATENCY if service == "psp" else LATENCY)
        if simulation.scheduler.now >= invocation.deadline:
            self._end(invocation)
        if fault is None:
            return effect()
        simulation.note(function, fault, operation)
        return self._with_fault(fault, invocation, service, operation, effect)

    def wait(self, slot: Slot) -> Any:
        """Let the present call wait for something, at most as long as its function may run."""
        simulation = self._simulation
        invocation = simulation.invocation
        try:
            return simulation.scheduler.wait(slot, invocation.deadline - simulation.scheduler.now)
        except Expired:
            self._end(invocation)

    def pause(self, seconds: float) -> None:
        """What a function does with time.sleep."""
        simulation = self._simulation
        invocation = simulation.invocation
        if invocation is None:
            return
        simulation.scheduler.sleep(min(seconds * 1000, max(0, invocation.deadline - simulation.scheduler.now)))
        if simulation.scheduler.now >= invocation.deadline:
            self._end(invocation)

    def _with_fault(
        self, fault: str, invocation: Invocation, service: str, operation: str, effect: Callable[[], Any]
    ) -> Any:
        if fault == kinds.CRASH_BEFORE:
            self._crash(invocation)
        if fault == kinds.SLOW:
            self._simulation.scheduler.sleep(max(0, invocation.deadline - self._simulation.scheduler.now))
            self._end(invocation)
        if fault in (kinds.THROTTLED, kinds.BROKEN):
            if service == "psp":
                return Response(429 if fault == kinds.THROTTLED else 500, b'{"error": {}}')
            code = _NAMES.get(service, ("ThrottlingException", "InternalServerError"))[fault == kinds.BROKEN]
            status = 500 if fault == kinds.BROKEN else 503 if service == "s3" else 400
            metadata = {"HTTPStatusCode": status}
            raise ClientError(
                {"Error": {"Code": code, "Message": "simulated"}, "ResponseMetadata": metadata}, operation
            )
        if fault == kinds.CONTENDED:
            reasons = [{"Code": "TransactionConflict", "Message": "simulated"}]
            raise _Contended(operation, reasons, effect)
        answer = effect()
        if fault == kinds.CRASH_AFTER:
            self._crash(invocation)
        assert fault == kinds.ANSWER_LOST, fault
        del answer
        if service == "psp":
            self.pause(READ_TIMEOUT / 1000)
            raise TimeoutError("simulated")
        self.pause(5)
        raise ReadTimeoutError(endpoint_url=f"https://{service}.simulated", error="simulated")

    def _table(self, operation: str, request: Mapping[str, Any]) -> Any:
        simulation = self._simulation
        tables, faults = simulation.tables, simulation.faults
        behind = 0
        if operation == "Query":
            request = dict(request)
            if not request.get("ConsistentRead"):
                behind = faults.stale(tables.changes_since(simulation.scheduler.now - INDEX_LAG))
            if faults.page:
                request["Limit"] = faults.page
        answer = tables.call(operation, request, behind=behind)
        if operation in WRITES:
            simulation.committed()
        return answer

    def _bucket(self, request: Mapping[str, Any]) -> Any:
        """The bucket that a call is about."""
        simulation = self._simulation
        taken_in = simulation.topology.buckets[request["Bucket"]] == "IntakeBucket"
        return simulation.intake if taken_in else simulation.objects

    def _send_message(self, request: Mapping[str, Any]) -> dict[str, Any]:
        queue = self._simulation.queues[request["QueueUrl"].rsplit("/", 1)[1]]
        delay = 1000 * int(request.get("DelaySeconds", 0))
        return {"MessageId": queue.send(request["MessageBody"], delay=delay)}

    def _crash(self, invocation: Invocation) -> NoReturn:
        invocation.over = True
        raise Crashed

    def _end(self, invocation: Invocation) -> NoReturn:
        invocation.over = True
        raise Killed


def _Contended(operation: str, reasons: list[dict[str, str]], effect: Any) -> ClientError:
    """A transaction that met another one: one reason for each action, in order."""
    actions = effect.args[1]["TransactItems"]
    codes = [*reasons, *({"Code": "None"} for _ in actions[1:])]
    error = {"Error": {"Code": "TransactionCanceledException", "Message": "simulated"}, "CancellationReasons": codes}
    return ClientError(error, operation)
