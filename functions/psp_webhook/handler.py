"""POST /v1/webhooks/{provider}: a signed hint that a payment moved; the provider's own state decides."""

from __future__ import annotations

from typing import Any

from oms.payments.adapters.configured import provider, secret
from oms.payments.hints import take_hint
from oms.payments.webhooks import verify_webhook
from oms.platform import http
from oms.platform.commands import Runtime

# The one whose signature is accepted here.
PROVIDER = "strict"
app = http.api()
runtime = Runtime()


@app.post("/v1/webhooks/<provider>")
def post_webhook(**_: str) -> http.Answer:
    # Who speaks is told by the signature, not by the path.
    raw = (http.raw_body(app) or "").encode()
    signature = app.current_event.headers.get("psp-signature", "")
    verify_webhook(raw, signature, secret()["webhook_secret"], runtime.clock.now())
    return http.ok({"done": take_hint(runtime, provider, PROVIDER, raw)})


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return app.resolve(event, context)
