"""Reads HTTP/1.1 requests from the bytes of one connection."""

from __future__ import annotations

from dataclasses import dataclass

HEAD_LIMIT = 64 * 1024


class Broken(Exception):
    """The bytes are not a request we can answer; `status` is what to say before closing."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


@dataclass
class Request:
    """One request with its whole body. Header names are lower case."""

    method: str
    target: bytes
    version: str
    headers: list[tuple[bytes, bytes]]
    keep_alive: bool
    body: bytes = b""


class Incoming:
    """The unread bytes of a connection."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._request: Request | None = None
        self._length: int | None = None
        self._chunks: list[bytes] = []
        self._expects_continue = False

    def feed(self, data: bytes) -> None:
        self._buffer += data

    def take_expectation(self) -> bool:
        """True once when the client waits for permission to send the body."""
        waiting = self._expects_continue and self._request is not None
        self._expects_continue = False
        return waiting

    def next_request(self) -> Request | None:
        """The next complete request, or None while bytes are missing."""
        if self._request is None and not self._read_head():
            return None
        request = self._request
        assert request is not None
        if self._length is None:
            if not self._read_chunks():
                return None
            request.body = b"".join(self._chunks)
        else:
            if len(self._buffer) < self._length:
                return None
            request.body = bytes(self._buffer[: self._length])
            del self._buffer[: self._length]
        self._request = None
        self._chunks = []
        return request

    def _read_head(self) -> bool:
        while self._buffer.startswith(b"\r\n"):
            del self._buffer[:2]
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            if len(self._buffer) > HEAD_LIMIT:
                raise Broken(431)
            return False
        head = bytes(self._buffer[:end])
        del self._buffer[: end + 4]
        first, *lines = head.split(b"\r\n")
        try:
            method, target, protocol = first.split(b" ")
            if not protocol.startswith(b"HTTP/1."):
                raise Broken(505)
            version = protocol[5:].decode("ascii")
            self._request = Request(method.decode("ascii"), _origin_form(target), version, [], True)
        except ValueError:
            raise Broken(400) from None
        self._read_headers(self._request, lines)
        return True

    def _read_headers(self, request: Request, lines: list[bytes]) -> None:
        length: int | None = 0
        connection = b""
        seen_length = None
        for line in lines:
            name, colon, value = line.partition(b":")
            if not colon or not name or name[0] in b" \t" or name[-1] in b" \t":
                raise Broken(400)
            name, value = name.lower(), value.strip()
            request.headers.append((name, value))
            if name == b"content-length":
                if not value.isdigit() or seen_length not in (None, value):
                    raise Broken(400)
                seen_length, length = value, int(value)
            elif name == b"transfer-encoding":
                if value.lower() != b"chunked":
                    raise Broken(501)
                length = None
            elif name == b"connection":
                connection = value.lower()
            elif name == b"expect":
                self._expects_continue = value.lower() == b"100-continue"
        if length is None and seen_length is not None:
            raise Broken(400)
        self._length = length
        request.keep_alive = b"close" not in connection and (request.version != "1.0" or b"keep-alive" in connection)

    def _read_chunks(self) -> bool:
        """Move whole chunks out of the buffer; True when the last one and the trailer are in."""
        while True:
            end = self._buffer.find(b"\r\n")
            if end < 0:
                return False
            try:
                size = int(bytes(self._buffer[:end]).split(b";")[0], 16)
            except ValueError:
                raise Broken(400) from None
            if size == 0:
                return self._read_trailer(end)
            after = end + 2 + size
            if len(self._buffer) < after + 2:
                return False
            self._chunks.append(bytes(self._buffer[end + 2 : after]))
            del self._buffer[: after + 2]

    def _read_trailer(self, end: int) -> bool:
        if self._buffer[end : end + 4] == b"\r\n\r\n":
            del self._buffer[: end + 4]
            return True
        finish = self._buffer.find(b"\r\n\r\n", end)
        if finish < 0:
            return False
        del self._buffer[: finish + 4]
        return True


def _origin_form(target: bytes) -> bytes:
    """`/path?query`, also when a client sends the whole address as if we were a proxy."""
    if target.startswith(b"/"):
        return target
    if target.startswith(b"http://"):
        return b"/" + target[7:].partition(b"/")[2]
    return b"/" + target
