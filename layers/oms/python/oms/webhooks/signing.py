"""Signatures of outgoing messages, as the open specification Standard Webhooks has them.

The signed text is `<webhook-id>.<webhook-timestamp>.<body>`, its HMAC-SHA256 under the subscriber's secret goes into
`webhook-signature` as `v1,<base64>`; while a secret is changed there are two, separated by a space. A secret is derived
from the one of the deployment, so none is stored.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence

PREFIX = "whsec_"


def secret_of(master: str, tenant: str, subscription_id: str, number: int) -> str:
    """The secret of a subscription with this number, as its subscriber is told it: whsec_ and 32 bytes in base64."""
    about = f"{tenant}\n{subscription_id}\n{number}".encode()
    return PREFIX + base64.b64encode(hmac.digest(master.encode(), about, hashlib.sha256)).decode()


def signed_headers(secrets: Sequence[str], message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The headers by which a subscriber knows the message, its time (seconds since 1970) and its sender."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    made = [hmac.digest(base64.b64decode(one.removeprefix(PREFIX)), signed, hashlib.sha256) for one in secrets]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(f"v1,{base64.b64encode(one).decode()}" for one in made),
    }
