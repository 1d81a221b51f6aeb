"""localstripe on a free port of loopback: by itself it listens on every address and has no option for another one.

It is taught what the API of today has and it has not: metadata of a capture, the two amounts of an intent, and why an
intent was cancelled, all from its own books. What it decides stays its own.
"""

from __future__ import annotations

import socket
from typing import Any

from aiohttp import web
from localstripe import resources

Intent = resources.PaymentIntent


def _teach() -> None:
    capture = Intent._api_capture.__func__

    def captured(cls: Any, id: str, amount_to_capture: Any = None, metadata: Any = None, **others: Any) -> Any:
        intent = capture(cls, id, amount_to_capture=amount_to_capture, **others)
        intent._taken = intent.amount if amount_to_capture is None else int(amount_to_capture)
        intent.metadata = {**intent.metadata, **(metadata or {})}
        return intent

    Intent._api_capture = classmethod(captured)
    Intent._taken = 0
    Intent.amount_received = property(lambda intent: intent._taken)
    Intent.amount_capturable = property(lambda it: it.amount if it.status == "requires_capture" else 0)
    Intent.cancellation_reason = None
    # Its server reads this list when it is imported, so it is imported afterwards.
    resources.extra_apis[:] = [
        (verb, path, Intent._api_capture if path.endswith("/payment_intents/{id}/capture") else act)
        for verb, path, act in resources.extra_apis
    ]


def main() -> None:
    _teach()
    from localstripe import server

    listening = socket.create_server(("127.0.0.1", 0))
    print(listening.getsockname()[1], flush=True)
    web.run_app(server.app, sock=listening, print=None)


if __name__ == "__main__":
    main()
