"""Files that carriers keep, fetched from the addresses that they name: bounded, without our key, never redirected."""

from __future__ import annotations

from urllib.parse import urlsplit

from oms.carriers.port import Declined, Unknown
from oms.payments.adapters.calls import Calls


class Files:
    """The files of the carrier at `endpoint`, which lie there or at another host that is asked over HTTPS."""

    def __init__(self, endpoint: str) -> None:
        self._own = _origin(endpoint)

    def fetch(self, url: str) -> bytes | Declined | Unknown:
        """The bytes under an address; Declined where none are to be had there."""
        origin, parts = _origin(url), urlsplit(url)
        if origin is None or (parts.scheme != "https" and origin != self._own):
            return Declined("address_not_allowed")
        calls = Calls(origin, {})
        try:
            answer = calls.fetch(f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}")
        finally:
            calls.close()
        if isinstance(answer, Unknown):
            return answer
        status, content = answer
        return content if status == 200 else Declined(f"status_{status}")


def _origin(url: str) -> str | None:
    """Scheme, host and port of an address; None where it has none or names a user."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
        return None
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}{f':{port}' if port is not None else ''}"
