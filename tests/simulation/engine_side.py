"""The running local engine as the differential tests use it: many scripted cases at once, each with its own things."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.cloud import ROLE, Cloud, archive
from tests.conformance.conftest import Engine as EngineProcess
from tests.conformance.conftest import start_engine

__all__ = ["Engine", "engine", "log", "start_engine"]

FUNCTION = Path(__file__).with_name("scripted_function.py")
PATIENCE = 60.0
# Running with these, the engine neither waits between retries nor refuses a call that has to queue for a worker.
SETTINGS = {"SFN_WAIT_SCALE": "0", "LOCAL_LAMBDA_CONCURRENCY": "4", "LOCAL_LAMBDA_PATIENCE_SECONDS": "60"}


@pytest.fixture(scope="module")
def engine(start_engine: Callable[..., EngineProcess], tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """A running engine for the tests of a module."""
    running = start_engine(**SETTINGS)
    running.wait_until_healthy()
    return Engine(running.port, tmp_path_factory.mktemp("scripts"))


class Engine:
    """One engine; `folder` holds the scripts of all cases and what became of them."""

    def __init__(self, port: int, folder: Path) -> None:
        self.cloud = Cloud(port)
        self.folder = folder

    def function(self, handler: str, step: str = "") -> str:
        """A fresh scripted function."""
        created = self.cloud.client("lambda").create_function(
            FunctionName=self.cloud.name(step or "scripted"),
            Runtime="python3.12",
            Role=ROLE,
            Handler=f"scripted_function.{handler}",
            Code={"ZipFile": archive({FUNCTION.name: FUNCTION.read_text()})},
            Timeout=30,
            Environment={"Variables": {"SCRIPTS": str(self.folder), "STEP": step}},
        )
        return str(created["FunctionArn"])

    def script(self, case: str, outcomes: Any) -> None:
        (self.folder / f"{case}.json").write_text(json.dumps(outcomes))

    def machine(self, definition: str, *, express: bool = False) -> str:
        created = self.cloud.client("stepfunctions").create_state_machine(
            name=self.cloud.name("twin"),
            definition=definition,
            roleArn=ROLE,
            type="EXPRESS" if express else "STANDARD",
        )
        return str(created["stateMachineArn"])

    def start(self, machine: str, given: Any, **more: str) -> str:
        states = self.cloud.client("stepfunctions")
        return str(states.start_execution(stateMachineArn=machine, input=json.dumps(given), **more)["executionArn"])

    def end(self, execution: str) -> dict[str, Any]:
        """How a run ends, in the same words as on the other side, and the states that it entered."""
        about = self.wait_for(lambda: self._ended(execution))
        states = self._states(execution)
        if about["status"] == "SUCCEEDED":
            return {"status": "SUCCEEDED", "output": json.loads(about["output"]), "states": states}
        return {"status": about["status"], "error": about["error"], "states": states}

    def _ended(self, execution: str) -> dict[str, Any] | None:
        about = self.cloud.client("stepfunctions").describe_execution(executionArn=execution)
        return about if about["status"] != "RUNNING" else None

    def _states(self, execution: str) -> list[str]:
        states = self.cloud.client("stepfunctions")
        history = states.get_execution_history(executionArn=execution, maxResults=1000)["events"]
        return [event["stateEnteredEventDetails"]["name"] for event in history if "stateEnteredEventDetails" in event]

    def calls(self, case: str, steps: Sequence[str]) -> dict[str, int]:
        """How often each scripted function was called for a case."""
        return {step: len(list(self.folder.glob(f"{case}.{step}.*"))) for step in steps}

    def tokens(self, case: str) -> int:
        """How many different task tokens the functions of a case were given."""
        return len(set((self.folder / f"{case}.tokens").read_text().split()))

    @staticmethod
    def wait_for(look: Callable[[], Any]) -> Any:
        deadline = time.monotonic() + PATIENCE
        while not (found := look()):
            assert time.monotonic() < deadline, "the engine did not come to an end"
            time.sleep(0.01)
        return found


def log(folder: Path, case: str) -> list[list[str]]:
    """The batches that came for a case, in order."""
    path = folder / f"{case}.log"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
