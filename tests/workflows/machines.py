"""The two workflows as they are deployed, executed by moto, with the real handlers over the in-memory retailer.

moto interprets the definitions of the template. Its Lambda is replaced by one that imports a function's handler, calls
it and reports an exception by its class name, as the service does. Nothing waits between retries, nor in a Wait.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.awslambda_simple.models import LambdaSimpleBackend
from moto.core.responses import ActionResult
from moto.stepfunctions.parser.api import ExecutionStatus
from moto.stepfunctions.parser.asl.component.common.retry import retrier_decl
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_sfn import (
    StateTaskServiceSfn,
)
from moto.stepfunctions.parser.asl.component.state.wait.wait_function.wait_function import WaitFunction
from moto.stepfunctions.responses import StepFunctionResponse

from oms.fulfillment.adapters.step_functions import _client as callback_client
from oms.fulfillment.adapters.step_functions import continue_workflow
from oms.orders.adapters.step_functions import _client as start_client
from tests.moto_resources import create
from tests.order_doors import Doors
from tests.order_world import TENANT, World
from tests.template import REGION, Deployed, function_name, template

CONFIG = {"lambda": {"use_docker": False}, "stepfunctions": {"execute_state_machine": True}}
LONGEST_WAIT = 20.0
# The verbs of a node that a waiting workflow hears of, and by which event.
HEARD = {
    "ship": "ShipmentShipped",
    "hand-over": "ShipmentShipped",
    "reject": "FulfillmentOrderRejected",
    "close": "FulfillmentOrderClosed",
    "cancel-response": "FulfillmentOrderCancellationAccepted",
}
SERVICE_ERROR = "Lambda.TooManyRequestsException"


class Function:
    """What replaces moto's Lambda; `broken` maps a function to the errors of its next calls."""

    def __init__(self) -> None:
        self.doors: Doors | None = None
        self.lock = threading.RLock()
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.broken: dict[str, list[str]] = {}

    def invoke(
        self, backend: Any, name: str, qualifier: Any, body: Any, headers: Any, response_headers: dict[str, str]
    ) -> bytes:
        function = function_name(name.rsplit(":", 1)[1] if ":" in name else name)
        event = json.loads(body)
        with self.lock:  # one at a time: what happens at once is another room's matter
            if self.doors is None or event["order_id"] not in self.doors.world.order_ids():
                response_headers["x-amz-function-error"] = "Unhandled"
                return b'{"errorType": "Ended", "errorMessage": "the test that started this run is over"}'
            self.calls.append((function, event))
            errors = self.broken.get(function, [])
            try:
                if errors:
                    raise type(errors.pop(0), (RuntimeError,), {})("broken by the test")
                return json.dumps(self.doors.module(function).handler(event, None)).encode()
            except Exception as error:  # noqa: BLE001
                response_headers["x-amz-function-error"] = "Unhandled"
                return json.dumps({"errorType": type(error).__name__, "errorMessage": str(error)}).encode()


@dataclass
class Machines:
    """Starts runs and waits for them; `function` is every Lambda of the account."""

    deployed: Deployed
    doors: Doors
    function: Function
    client: Any = field(default_factory=lambda: boto3.client("stepfunctions"))

    @property
    def world(self) -> World:
        return self.doors.world

    def order(self, order_id: str) -> dict[str, Any]:
        """Run the order workflow to its end, as start_order_workflow does; its description."""
        return self.start("OrderWorkflow", {"tenant": TENANT, "order_id": order_id})

    def start(self, machine: str, content: dict[str, Any], name: str | None = None, *, wait: bool = True) -> Any:
        arn = self.client.start_execution(
            stateMachineArn=self.deployed.arn(machine),
            name=name or f"run-{time.monotonic_ns()}",
            input=json.dumps(content),
        )["executionArn"]
        return self.wait(arn) if wait else arn

    def wait(self, arn: str) -> dict[str, Any]:
        """The description of a run that has ended."""
        self.until(lambda: self.client.describe_execution(executionArn=arn)["status"] != "RUNNING")
        return self.client.describe_execution(executionArn=arn)

    def until(self, met: Callable[[], bool]) -> None:
        """Wait for something to become true, at most LONGEST_WAIT seconds."""
        deadline = time.monotonic() + LONGEST_WAIT
        while not met():
            assert time.monotonic() < deadline, f"it never happened; calls so far: {self.names}"
            time.sleep(0.01)

    @property
    def names(self) -> list[str]:
        """The functions that were called, in order."""
        return [name for name, _ in self.function.calls]

    def states(self, arn: str) -> list[str]:
        """The states that a run has entered."""
        history = self.client.get_execution_history(executionArn=arn, maxResults=1000)["events"]
        return [event["stateEnteredEventDetails"]["name"] for event in history if "stateEnteredEventDetails" in event]

    def fulfillment_runs(self) -> dict[str, str]:
        """The ARN of each run of the fulfilment workflow by its name, a fulfilment order's id."""
        arn = self.deployed.arn("FulfillmentWorkflow")
        runs = self.client.list_executions(stateMachineArn=arn)["executions"]
        known = {
            work.id for order_id in self.world.order_ids() for work in self.world.order(order_id).fulfillment_orders
        }
        return {run["name"]: run["executionArn"] for run in runs if run["name"] in known}

    def stop(self) -> None:
        """End what still waits for a node, so that no later test hears of it."""
        self.function.doors = None
        for name in ("OrderWorkflow", "FulfillmentWorkflow"):
            runs = self.client.list_executions(stateMachineArn=self.deployed.arn(name), statusFilter="RUNNING")
            for run in runs["executions"]:
                self.until(partial(self._stopped, run["executionArn"]))

    def _stopped(self, arn: str) -> bool:
        try:
            self.client.stop_execution(executionArn=arn)
        except AttributeError:
            # moto's run exists a moment before it can be stopped.
            return False
        return True

    def waits(self, work_id: str, token_number: int = 1) -> None:
        """Wait until the run of some work waits for its node for the given time."""

        def waiting() -> bool:
            with self.function.lock:
                released = [e for n, e in self.function.calls if n == "release_fulfillment"]
                return len([e for e in released if e["fulfillment_order_id"] == work_id]) >= token_number

        self.until(waiting)

    def node(self, work_id: str, verb: str, **content: Any) -> None:
        """The node acts, and the event of it reaches the workflow."""
        with self.function.lock:
            self.world.act(work_id, verb, **content)
            order_id = self.world.work(work_id).order_id
            if verb in HEARD:
                event = self.doors.stored_event(order_id, HEARD[verb])
                assert self.doors.queue("resume_fulfillment", event) == []


def _with_its_names(start: Callable[..., None]) -> Callable[..., None]:
    """moto hands StateMachineArn on as it stands in the definition; boto3 calls it stateMachineArn."""

    def start_execution(task: Any, *, normalised_parameters: dict[str, Any], **more: Any) -> None:
        named = {name[0].lower() + name[1:]: value for name, value in normalised_parameters.items()}
        start(task, normalised_parameters=named, **more)

    return start_execution


def _without_waiting(evaluate: Callable[..., None]) -> Callable[..., None]:
    """A retry comes at once: nothing but these definitions may lose its sleep."""

    def at_once(retrier: Any, env: Any) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(retrier_decl, "time", _NoTime)
            evaluate(retrier, env)

    return at_once


def _start_sync_execution(response: StepFunctionResponse) -> ActionResult:
    """What moto has no door for: start a run, wait for its end and say how it went, as Express workflows do."""
    backend = response.stepfunction_backend
    asked = [response._get_param(name) for name in ("stateMachineArn", "name", "input")]
    arn = backend.start_execution(*asked).execution_arn
    deadline = time.monotonic() + LONGEST_WAIT
    while (run := backend.describe_execution(arn)).status in ("RUNNING", ExecutionStatus.RUNNING):
        assert time.monotonic() < deadline, f"{arn} does not end"
        time.sleep(0.01)
    said = {"executionArn": arn, "startDate": run.start_date, "stopDate": run.stop_date, "status": run.status}
    told = {"error": run.error, "cause": run.cause}
    return ActionResult({**said, **{name: text for name, text in told.items() if text is not None}})


class _NoTime:
    @staticmethod
    def sleep(_: float) -> None:
        return


@pytest.fixture(scope="module")
def cloud() -> Iterator[tuple[Deployed, Function]]:
    """Step Functions with our definitions, made once for a module's tests."""
    function = Function()
    with pytest.MonkeyPatch.context() as patch:
        for variable in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
            patch.setenv(variable, "testing")
        patch.setenv("AWS_DEFAULT_REGION", REGION)
        patch.setenv("AWS_REGION", REGION)
        patch.delenv("AWS_ENDPOINT_URL", raising=False)
        patch.setattr(
            LambdaSimpleBackend, "invoke", lambda backend, *asked: function.invoke(backend, *asked), raising=True
        )
        patch.setattr(retrier_decl.RetrierDecl, "_eval_body", _without_waiting(retrier_decl.RetrierDecl._eval_body))
        patch.setattr(
            StateTaskServiceSfn, "_eval_service_task", _with_its_names(StateTaskServiceSfn._eval_service_task)
        )
        patch.setattr(WaitFunction, "_wait_interval", lambda *_, **__: None)
        # The service has a host of its own for this call; moto knows one.
        patch.setenv("AWS_DISABLE_HOST_PREFIX_INJECTION", "true")
        patch.setattr(StepFunctionResponse, "start_sync_execution", _start_sync_execution, raising=False)
        with mock_aws(config=CONFIG):
            callback_client.cache_clear()
            start_client.cache_clear()
            yield create(template()), function
            callback_client.cache_clear()
            start_client.cache_clear()


@pytest.fixture
def machines(cloud: tuple[Deployed, Function], doors: Doors, monkeypatch: pytest.MonkeyPatch) -> Iterator[Machines]:
    """The workflows over a fresh retailer."""
    deployed, function = cloud
    deployed.enter(monkeypatch, "start_order_workflow")
    function.doors = doors
    function.calls.clear()
    function.broken.clear()
    made = Machines(deployed, doors, function)
    # Here the real Step Functions waits, not the world's stand-in.
    monkeypatch.setattr(type(doors.world), "continue_workflow", staticmethod(continue_workflow))
    yield made
    made.stop()
