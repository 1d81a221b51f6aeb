"""The public API as the replay uses it: patient where the system is busy, frank where it refuses."""

import http.client
import time
from dataclasses import dataclass
from typing import Any

from local.progress import Failed
from local.seed.seed import OPERATOR
from local.state import Answer, Running

# Longer than a large order that was cut short keeps its key busy (two minutes).
PATIENCE_SECONDS = 200.0
FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 2.0
# The first call with this key is still at work: its answer comes under the same key in a moment.
STILL_RUNNING = "still_running"
BUSY = 503


class Refused(Exception):
    """The system said no, for good. `code` is the stable code of its problem document."""

    def __init__(self, answer: Answer) -> None:
        try:
            problem = answer.json()
        except ValueError:
            problem = {}
        self.status = answer.status
        self.code = str(problem.get("code") or answer.status)
        self.detail = str(problem.get("detail") or problem.get("title") or "")
        errors = problem.get("errors") or []
        if errors:
            self.detail += f" {errors[0].get('pointer', '')}: {errors[0].get('detail', '')}"
        super().__init__(f"{self.status} {self.code} {self.detail}".strip())


@dataclass(frozen=True, slots=True)
class Said:
    """An answer of 2xx; `replayed` when the system had answered the same call before."""

    status: int
    document: Any
    replayed: bool


class Api:
    """Calls as the operator, whose orders may have up to 1,500 lines; notes what the system should never say."""

    def __init__(self, running: Running) -> None:
        self._running = running
        self.server_errors: list[str] = []

    def get(self, path: str, client: str = OPERATOR) -> Any:
        return self.send("GET", path, client=client).document

    def send(self, method: str, path: str, body: Any = None, *, key: str | None = None, client: str = OPERATOR) -> Said:
        """Send one call, again and again under its key while the system is busy.

        Raises Refused for a refusal, Failed when the system stays busy or away for 200 seconds.
        """
        deadline = time.monotonic() + PATIENCE_SECONDS
        pause = FIRST_PAUSE_SECONDS
        while True:
            trouble = ""
            try:
                answer = self._running.call(client, method, path, body, key=key)
                if answer.ok:
                    return Said(answer.status, answer.json(), "idempotency-replayed" in answer.headers)
                trouble = self._passing(answer, f"{method} {path}")
            except (OSError, http.client.HTTPException) as problem:
                trouble = f"{type(problem).__name__} {problem}"
            if time.monotonic() > deadline:
                raise Failed(f"{method} {path.split('?')[0]} found no answer in {PATIENCE_SECONDS:.0f} s: {trouble}")
            time.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)

    def _passing(self, answer: Answer, call: str) -> str:
        """What a refusal says that time may heal; any other one raises Refused."""
        refused = Refused(answer)
        if answer.status >= 500:
            if answer.status != BUSY:
                self.server_errors.append(f"{call}: {refused}")
        elif answer.status != 429 and refused.code != STILL_RUNNING:
            raise refused
        return str(refused)
