"""HTTP/1.1 as far as this server needs it: cut requests out of a byte stream, put answers together.

Written by hand because the standard library's server spends more time on headers than the provider on money.
"""

from __future__ import annotations

from dataclasses import dataclass

LARGEST_HEAD = 16 * 1024
LARGEST_BODY = 64 * 1024
REASONS = {
    200: "OK",
    201: "Created",
    400: "Bad Request",
    401: "Unauthorized",
    402: "Payment Required",
    404: "Not Found",
    405: "Method Not Allowed",
    409: "Conflict",
    411: "Length Required",
    413: "Content Too Large",
    422: "Unprocessable Content",
    431: "Request Header Fields Too Large",
    500: "Internal Server Error",
    504: "Gateway Timeout",
}
START_LINES = {
    status: f"HTTP/1.1 {status} {reason}\r\nContent-Type: application/json\r\n".encode()
    for status, reason in REASONS.items()
}


@dataclass(slots=True)
class Request:
    """One whole request; header names are in lower case, `target` is path and query as sent."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def keep_alive(self) -> bool:
        return self.headers.get("connection", "").lower() != "close"


class BadRequest(Exception):
    """The bytes are not a request this server can read; the connection closes after `status`."""

    def __init__(self, status: int) -> None:
        super().__init__(REASONS[status])
        self.status = status


def take_request(buffer: bytearray) -> Request | None:
    """Cut the first whole request off the buffer; None when more bytes must come first."""
    end = buffer.find(b"\r\n\r\n")
    if end < 0:
        if len(buffer) > LARGEST_HEAD:
            raise BadRequest(431)
        return None
    lines = buffer[:end].decode("latin-1").split("\r\n")
    start = lines[0].split(" ")
    if len(start) != 3 or not start[2].startswith("HTTP/1."):
        raise BadRequest(400)
    headers = {}
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        if not colon:
            raise BadRequest(400)
        headers[name.lower()] = value.strip()
    length = _body_length(headers)
    if len(buffer) < end + 4 + length:
        return None
    body = bytes(buffer[end + 4 : end + 4 + length])
    del buffer[: end + 4 + length]
    return Request(start[0], start[1], headers, body)


def put_answer(status: int, payload: bytes, *, replayed: bool = False, close: bool = False) -> bytes:
    """The bytes of one answer."""
    return b"".join(
        (
            START_LINES[status],
            b"Idempotent-Replayed: true\r\n" if replayed else b"",
            b"Connection: close\r\n" if close else b"",
            b"Content-Length: %d\r\n\r\n" % len(payload),
            payload,
        )
    )


def _body_length(headers: dict[str, str]) -> int:
    if "transfer-encoding" in headers:
        raise BadRequest(411)
    length = headers.get("content-length", "0")
    if not length.isascii() or not length.isdigit():
        raise BadRequest(400)
    if len(length) > 9 or int(length) > LARGEST_BODY:
        raise BadRequest(413)
    return int(length)
