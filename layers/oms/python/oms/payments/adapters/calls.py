"""One kept connection to a provider over HTTPS, as all adapters use it.

One object is for one thread, as a warm Lambda worker is. It makes each call once: what to do about an Unknown outcome
is the caller's decision, which has the idempotency key.
"""

from __future__ import annotations

import http.client
import json
import select
import socket
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from oms.payments.port import CredentialsRefused, Unknown

LARGEST_ANSWER = 1024 * 1024
UNREADABLE = "unreadable answer"


class Calls:
    """The provider at `endpoint`; `headers` go with each call, and a status of `refused` says that our key is wrong.

    Time-outs are seconds for connecting and for each wait on the answer.
    """

    def __init__(
        self,
        endpoint: str,
        headers: Mapping[str, str],
        *,
        connect_timeout: float = 2.0,
        read_timeout: float = 10.0,
        refused: frozenset[int] = frozenset({401}),
    ) -> None:
        parts = urlsplit(endpoint)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"not the address of a provider: {endpoint}")
        make = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._connection = make(parts.hostname, parts.port, timeout=connect_timeout)
        self._read_timeout = read_timeout
        self._prefix = parts.path.rstrip("/")
        self._headers = dict(headers)
        self._refused = refused

    def send(
        self, method: str, path: str, payload: bytes | None = None, key: str | None = None
    ) -> tuple[int, dict[str, Any]] | Unknown:
        """One call: status and document of the answer, or Unknown when there is none to rely on."""
        headers = self._headers if key is None else {**self._headers, "Idempotency-Key": key}
        answer = self._exchange(method, path, payload, headers)
        return answer if isinstance(answer, Unknown) else self._read(*answer)

    def fetch(self, path: str) -> tuple[int, bytes] | Unknown:
        """The status and the bytes of a file of at most a mebibyte, or Unknown when nothing came to rely on."""
        answer = self._exchange("GET", path, None, self._headers)
        if not isinstance(answer, Unknown) and _says_nothing(answer[0]):
            return Unknown(f"status {answer[0]}")
        return answer

    def _exchange(
        self, method: str, path: str, payload: bytes | None, headers: Mapping[str, str]
    ) -> tuple[int, bytes] | Unknown:
        try:
            self._open()
            self._connection.request(method, self._prefix + path, payload, dict(headers))
            response = self._connection.getresponse()
            content = response.read(LARGEST_ANSWER)
            if not response.isclosed():
                raise http.client.HTTPException("the answer is too long")
            return response.status, content
        except TimeoutError:
            self._connection.close()
            return Unknown("time-out")
        except (OSError, http.client.HTTPException) as failure:
            self._connection.close()
            return Unknown(type(failure).__name__)

    def close(self) -> None:
        """End the connection."""
        self._connection.close()

    def _open(self) -> None:
        """Connect, or keep the connection if the other side has not ended it while it was idle."""
        kept = self._connection.sock
        if kept is not None and select.select([kept], [], [], 0)[0]:
            # Nothing is due, so anything to read is the end of the stream.
            self._connection.close()
            kept = None
        if kept is None:
            self._connection.connect()
            self._connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._connection.sock.settimeout(self._read_timeout)

    def _read(self, status: int, content: bytes) -> tuple[int, dict[str, Any]] | Unknown:
        if status in self._refused:
            raise CredentialsRefused("The payment provider refused our API key.")
        if _says_nothing(status):
            return Unknown(f"status {status}")
        try:
            document = json.loads(content)
        except ValueError:
            return Unknown(UNREADABLE)
        return (status, document) if isinstance(document, dict) else Unknown(UNREADABLE)


def _says_nothing(status: int) -> bool:
    return status >= 500 or status == 429
