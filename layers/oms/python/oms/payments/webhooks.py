"""Webhooks: proof that a message comes from the provider, was not changed and is not old."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime

from oms.platform.problems import NotAuthenticated

TOLERANCE_SECONDS = 300


class SignatureRefused(NotAuthenticated):
    """The message is not believed; nothing of it may be stored or acted on."""

    code = "signature_refused"
    title = "The signature of the webhook was not accepted."
    remedy = "Sign the raw body with the active secret and send it within five minutes."


def verify_webhook(
    raw: bytes, header: str, secret: str | Sequence[str], now: datetime, tolerance: int = TOLERANCE_SECONDS
) -> None:
    """Let pass a body that was signed with one of our secrets at most `tolerance` seconds ago, else refuse.

    `raw` is the body byte for byte as it arrived, `header` is `t=<seconds since 1970>,v1=<hex>[,v1=<hex>…]`, each v1
    an HMAC-SHA256 over `<t>.<raw>`. Several secrets are active while one replaces another. A time as far in the
    future is refused too. Raises SignatureRefused, always with the same text.
    """
    stamp, shown = _read(header)
    # A single secret is a str, and so a sequence too: its letters must never be taken for secrets.
    secrets = [secret] if isinstance(secret, str) else list(secret)
    message = stamp.encode() + b"." + raw
    believed = False
    for active in secrets:
        if not active:
            raise ValueError("an empty webhook secret would let everybody in")
        expected = hmac.new(active.encode(), message, hashlib.sha256).hexdigest().encode()
        for candidate in shown:
            # No early exit: the time taken must not tell which secret came close.
            believed |= hmac.compare_digest(expected, candidate)
    if not believed or abs(int(now.timestamp()) - int(stamp)) > tolerance:
        raise SignatureRefused()


def _read(header: str) -> tuple[str, list[bytes]]:
    """The time and the signatures of a header; other parts are ignored, one that lacks either is refused."""
    parts = [part.strip().partition("=") for part in header.split(",")]
    stamps = [value for name, _, value in parts if name == "t"]
    shown = [value.encode() for name, _, value in parts if name == "v1"]
    if len(stamps) != 1 or not shown or not (stamps[0].isascii() and stamps[0].isdigit() and len(stamps[0]) <= 12):
        raise SignatureRefused()
    return stamps[0], shown
