"""What a program on this machine needs to know about a running system: where it listens and how to get in.

Seeding, the first order, the journeys, the replay and the bench all start from `Running`.
The state folder (default `.local/state`) holds:
    running.json   engine port, PSP port and when it was started
    out.json       the outputs of the stacks
    clients.json   channel clients with their secrets, readable by the owner only
    clock          seconds added to the clock of every function
    pids/, *.log   one pid file and one log for each process that was started
"""

import argparse
import http.client
import json
import os
import sys
import threading
import time
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

ROOT = Path(__file__).resolve().parent.parent
DEFAULT_STATE = ROOT / ".local" / "state"
REGION = "us-east-1"
ACCOUNT = "000000000000"
# In the order in which they are deployed.
STACKS = ("Spine", "SpineDoor")
TOKEN_RENEWAL_SECONDS = 60


class NotRunning(Exception):
    """No system runs from this state folder; the text says what to type."""


@dataclass(frozen=True)
class Answer:
    """One HTTP answer. Header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """Return the body as parsed JSON. Raises ValueError when it is not JSON."""
        return json.loads(self.body)

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300


class Http:
    """Talks to one server over connections that stay open, one for each thread.

    A request goes out a second time only when a connection that had been idle turns out to be closed.
    Every mutating call of the public API carries an Idempotency-Key, so that is safe here.
    """

    def __init__(self, base_url: str, timeout: float = 30.0) -> None:
        parts = urlsplit(base_url)
        if parts.scheme != "http" or not parts.hostname:
            raise ValueError(f"not a plain http address: {base_url}")
        self._host, self._port = parts.hostname, parts.port or 80
        self._prefix = parts.path.rstrip("/")
        self._timeout = timeout
        self._threads = threading.local()

    def request(self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Answer:
        """Send one request and return the answer, whatever its status.

        body: bytes or str are sent as they are; anything else is sent as JSON.
        Raises OSError when the server cannot be reached.
        """
        sent = {"accept": "application/json", **{k.lower(): v for k, v in (headers or {}).items()}}
        if body is not None and not isinstance(body, bytes | str):
            body = json.dumps(body)
            sent.setdefault("content-type", "application/json")
        if isinstance(body, str):
            body = body.encode()
        connection: http.client.HTTPConnection | None = getattr(self._threads, "connection", None)
        if connection is not None:
            try:
                return self._send(connection, method, path, body, sent)
            except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
                pass  # closed while idle: once more on a fresh connection
        connection = http.client.HTTPConnection(self._host, self._port, timeout=self._timeout)
        return self._send(connection, method, path, body, sent)

    def _send(
        self,
        connection: http.client.HTTPConnection,
        method: str,
        path: str,
        body: bytes | None,
        headers: Mapping[str, str],
    ) -> Answer:
        self._threads.connection = None
        try:
            connection.request(method, self._prefix + path, body, dict(headers))
            response = connection.getresponse()
            content = response.read()
        except BaseException:
            connection.close()
            raise
        if not response.will_close:
            self._threads.connection = connection
        return Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, content)


@dataclass
class Running:
    """A system that runs from `state_dir`.

    Raises NotRunning when the folder does not describe a deployed system.
    """

    state_dir: Path = DEFAULT_STATE
    endpoint: str = field(init=False)
    api_url: str = field(init=False)
    psp_url: str = field(init=False)
    outputs: dict[str, str] = field(init=False)
    clients: dict[str, dict[str, str]] = field(init=False)

    def __post_init__(self) -> None:
        self.state_dir = Path(self.state_dir).resolve()
        try:
            running = json.loads((self.state_dir / "running.json").read_text())
            self.outputs = stack_outputs(self.state_dir)
            self.clients = json.loads((self.state_dir / "clients.json").read_text())
        except (OSError, ValueError, KeyError) as missing:
            raise NotRunning(f"no system runs from {self.state_dir}: type `make run` first") from missing
        self.endpoint = f"http://127.0.0.1:{running['port']}"
        self.psp_url = f"http://127.0.0.1:{running['psp_port']}"
        self.api_url = local_api_url(self.endpoint, self.outputs["ApiUrl"])
        self._engine = Http(self.endpoint)
        self._api = Http(self.api_url)
        self._tokens: dict[str, tuple[str, float]] = {}
        self._lock = threading.Lock()

    def token(self, client: str) -> str:
        """Return a client's access token; a new one is asked for a minute before the old one ends."""
        with self._lock:
            token, renew_at = self._tokens.get(client, ("", 0.0))
            if time.monotonic() >= renew_at:
                token, seconds = self._fetch_token(client)
                self._tokens[client] = (token, time.monotonic() + seconds - TOKEN_RENEWAL_SECONDS)
            return token

    def _fetch_token(self, client: str) -> tuple[str, int]:
        if client not in self.clients:
            raise KeyError(f"no client {client}; there are {', '.join(sorted(self.clients))}")
        known = self.clients[client]
        basic = b64encode(f"{known['client_id']}:{known['client_secret']}".encode()).decode()
        answer = self._engine.request(
            "POST",
            "/oauth2/token",
            urlencode({"grant_type": "client_credentials"}),
            {"authorization": f"Basic {basic}", "content-type": "application/x-www-form-urlencoded"},
        )
        if not answer.ok:
            raise PermissionError(f"no token for {client}: {answer.status} {answer.body!r}")
        granted = answer.json()
        return granted["access_token"], int(granted["expires_in"])

    def call(
        self,
        client: str | None,
        method: str,
        path: str,
        body: Any = None,
        *,
        key: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Call the public API as one of its clients.

        client: name in clients.json, or None for a call without a token.
        path: with its query, as `/v1/orders?limit=5`. key: the Idempotency-Key of a mutating call.
        """
        sent = dict(headers or {})
        if client is not None:
            sent["authorization"] = f"Bearer {self.token(client)}"
        if key is not None:
            sent["idempotency-key"] = key
        return self._api.request(method, path, body, sent)

    def aws(self, service: str) -> Any:
        """Return a boto3 client of one AWS service, as the local engine offers it."""
        return aws_client(self.endpoint, service)

    @property
    def clock_offset(self) -> int:
        """Seconds by which the functions' clock is ahead of this machine's clock."""
        return read_clock(self.state_dir)

    @clock_offset.setter
    def clock_offset(self, seconds: int) -> None:
        write_clock(self.state_dir, seconds)


def stack_outputs(state_dir: Path) -> dict[str, str]:
    """The outputs of what was deployed last, of all stacks together."""
    written = json.loads((state_dir / "out.json").read_text())
    return {name: value for stack in STACKS for name, value in written[stack].items()}


def local_api_url(endpoint: str, deployed_url: str) -> str:
    """Return where the local engine answers for an API whose deployed address is `https://<id>.execute-api…`."""
    api_id = (urlsplit(deployed_url).hostname or "").split(".")[0]
    if not api_id:
        raise ValueError(f"not an API address: {deployed_url}")
    return f"{endpoint}/_aws/execute-api/{api_id}/$default"


def aws_environment(endpoint: str) -> dict[str, str]:
    """Return the environment in which the CDK, boto3 and the bots reach the local engine and nothing else."""
    if urlsplit(endpoint).hostname not in ("127.0.0.1", "localhost", "::1"):
        raise ValueError(f"refusing to deploy: {endpoint} is not on this machine")
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
        "CDK_DISABLE_CLI_TELEMETRY": "true",
    }


def aws_client(endpoint: str, service: str) -> Any:
    """Return a boto3 client against the local engine, with keys that open nothing anywhere else."""
    import boto3  # not at the top: the doctor and the stop command run before it is installed
    from botocore.config import Config

    return boto3.client(
        service,
        endpoint_url=endpoint,
        region_name=REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(inject_host_prefix=False, retries={"mode": "standard", "max_attempts": 3}),
    )


def read_clock(state_dir: Path) -> int:
    """Return the clock offset in seconds; 0 when none was set."""
    path = Path(state_dir) / "clock"
    return int(path.read_text().strip() or 0) if path.exists() else 0


def write_clock(state_dir: Path, seconds: int) -> None:
    """Set the clock offset; readers see the old or the new number, never half of one."""
    path = Path(state_dir) / "clock"
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"clock.{os.getpid()}")
    draft.write_text(f"{int(seconds)}\n")
    draft.replace(path)


def main() -> int:
    """`make clock`: set the offset of a system's clock and say what it is."""
    parser = argparse.ArgumentParser(description="Move the clock of the system that runs from a state folder.")
    parser.add_argument("--state", type=Path, default=DEFAULT_STATE)
    parser.add_argument("--offset", required=True)
    asked = parser.parse_args()
    try:
        seconds = int(asked.offset)
    except ValueError:
        print(f"OFFSET={asked.offset} is not a whole number of seconds: `make clock OFFSET=86400` is a day from now.")
        return 2
    if not (asked.state / "running.json").exists():
        print(f"No system runs from {asked.state}: type `make run` first.")
        return 1
    write_clock(asked.state, seconds)
    direction = "ahead of" if seconds >= 0 else "behind"
    print(f"The clock of {asked.state} is now {timedelta(seconds=abs(seconds))} {direction} the real time.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
