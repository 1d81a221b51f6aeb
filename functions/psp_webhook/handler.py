"""POST /v1/webhooks/{provider}: a signed hint that a payment moved; the provider's own state decides."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from oms.payments.adapters import adyen_webhook, strict_webhook, stripe_webhook
from oms.payments.adapters.configured import provider, secret, settings_of
from oms.payments.hints import Hint, take_hint
from oms.payments.webhooks import verify_webhook
from oms.platform import http
from oms.platform.commands import Runtime
from oms.platform.problems import NotFound

app = http.api()
runtime = Runtime()


@app.post("/v1/webhooks/<provider>")
def post_webhook(**path: str) -> http.Answer:
    name = path["provider"]
    read = _READERS.get(name)
    if read is None:
        raise NotFound(f"There is no provider {name}.")
    hints = read(secret(), (http.raw_body(app) or "").encode(), app.current_event.headers)
    done = [take_hint(runtime, provider, hint) for hint in hints]
    return http.ok({"done": done[-1] if done else "nothing"})


def _strict(known: Mapping[str, Any], raw: bytes, headers: Mapping[str, str]) -> tuple[Hint, ...]:
    signature = headers.get(strict_webhook.SIGNATURE_HEADER, "")
    verify_webhook(raw, signature, known["webhook_secret"], runtime.clock.now())
    return (strict_webhook.hint_of(raw),)


def _stripe(known: Mapping[str, Any], raw: bytes, headers: Mapping[str, str]) -> tuple[Hint, ...]:
    signature = headers.get(stripe_webhook.SIGNATURE_HEADER, "")
    verify_webhook(raw, signature, settings_of(known, "stripe")["webhook_secret"], runtime.clock.now())
    return stripe_webhook.hints_of(raw)


def _adyen(known: Mapping[str, Any], raw: bytes, _: Mapping[str, str]) -> tuple[Hint, ...]:
    own = settings_of(known, "adyen")
    items = adyen_webhook.items_of(raw, own["hmac_keys"], own["merchant_account"])
    hints = [adyen_webhook.note(runtime.database, item) for item in items]
    return tuple(hint for hint in hints if hint is not None)


# Each believes what its provider's own scheme has signed, and nothing else.
_READERS: Mapping[str, Callable[[Mapping[str, Any], bytes, Mapping[str, str]], tuple[Hint, ...]]] = {
    "strict": _strict,
    "stripe": _stripe,
    "adyen": _adyen,
}


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return app.resolve(event, context)
