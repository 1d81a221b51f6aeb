"""Messages over HTTPS: to an address that was looked at first, with bounded time, and no redirect is followed."""

from __future__ import annotations

import http.client
import socket
import ssl
import time
from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import urlsplit

from oms.webhooks.addresses import allows_loopback, fault_of, is_loopback, is_public
from oms.webhooks.port import Answered

CONNECT_SECONDS = 3.0
ANSWER_SECONDS = 8.0
# A subscriber's answer is of no interest; so much of it is read to use its status.
_MOST_READ = 1_024


class HttpSender:
    """Opens a connection for each message: subscribers are many, and a worker lives a short time."""

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answered:
        begun = time.monotonic()

        def answered(status: int | None, failure: str | None, retry_after: int | None = None) -> Answered:
            return Answered(status, failure, round((time.monotonic() - begun) * 1000), retry_after)

        fault = fault_of(url)
        if fault is not None:
            return answered(None, "address_refused")
        try:
            connection = _connected(url)
        except TimeoutError:
            return answered(None, "time_out")
        except ssl.SSLError:
            return answered(None, "certificate_refused")
        except (OSError, UnicodeError):
            return answered(None, "not_reachable")
        except ValueError:
            return answered(None, "address_refused")
        try:
            parts = urlsplit(url)
            path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            connection.request("POST", path, body, dict(headers))
            response = connection.getresponse()
            response.read(_MOST_READ)
            return answered(response.status, None, _seconds(response.getheader("Retry-After")))
        except TimeoutError:
            return answered(None, "time_out")
        except (OSError, http.client.HTTPException):
            return answered(None, "broken_off")
        finally:
            connection.close()


def _connected(url: str) -> http.client.HTTPConnection:
    """A connection to what the host resolves to now; a host that is not public raises ValueError."""
    parts = urlsplit(url)
    host, is_safe = str(parts.hostname), parts.scheme == "https"
    port = parts.port or (443 if is_safe else 80)
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    if not all(_may_be_reached(str(place[0])) for *_, place in found):
        raise ValueError("not a public address")
    made = socket.create_connection((str(found[0][4][0]), port), CONNECT_SECONDS)
    try:
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        made.settimeout(ANSWER_SECONDS)
        connection = http.client.HTTPConnection(host, port)
        connection.sock = _context().wrap_socket(made, server_hostname=host) if is_safe else made
    except BaseException:
        made.close()
        raise
    return connection


def _may_be_reached(address: str) -> bool:
    return is_public(address) or (allows_loopback() and is_loopback(address))


@lru_cache(maxsize=1)
def _context() -> ssl.SSLContext:
    return ssl.create_default_context()


def _seconds(header: str | None) -> int | None:
    """Retry-After in seconds; a date, which we need not follow, counts as nothing."""
    return int(header) if header and header.isascii() and header.isdigit() and len(header) < 10 else None
