"""POST /v1/webhooks/{provider}: a signed hint that a payment moved, where the provider's own state decides.

What is told of disputes and payouts, and by carriers of parcels, is recorded, and taken in by `psp_events`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from oms.carriers.adapters.configured import carrier_secret
from oms.carriers.webhooks import CARRIERS, hear
from oms.payments.adapters import adyen_webhook, strict_webhook, stripe_webhook
from oms.payments.adapters.configured import provider, secret, settings_of
from oms.payments.hints import Hint
from oms.payments.news import Told, take_told
from oms.payments.webhooks import verify_webhook
from oms.platform import http
from oms.platform.commands import Runtime
from oms.platform.problems import NotFound

app = http.api()
runtime = Runtime()


@app.post("/v1/webhooks/<provider>")
def post_webhook(**path: str) -> http.Answer:
    name, raw, headers = path["provider"], (http.raw_body(app) or "").encode(), app.current_event.headers
    if name in CARRIERS:
        return http.ok({"done": hear(runtime, carrier_secret, name, raw, headers)})
    if name not in _READERS:
        raise NotFound(f"There is no provider {name}.")
    return http.ok({"done": take_told(runtime, provider, _READERS[name](secret(), raw, headers))})


def _strict(known: Mapping[str, Any], raw: bytes, headers: Mapping[str, str]) -> tuple[Hint | Told, ...]:
    verify_webhook(raw, headers.get(strict_webhook.SIGNATURE_HEADER, ""), known["webhook_secret"], runtime.clock.now())
    return strict_webhook.told_by(raw, known)


def _stripe(known: Mapping[str, Any], raw: bytes, headers: Mapping[str, str]) -> tuple[Hint | Told, ...]:
    signature, own = headers.get(stripe_webhook.SIGNATURE_HEADER, ""), settings_of(known, "stripe")
    verify_webhook(raw, signature, own["webhook_secret"], runtime.clock.now())
    return stripe_webhook.told_by(stripe_webhook.read_event(raw), own)


def _adyen(known: Mapping[str, Any], raw: bytes, _: Mapping[str, str]) -> tuple[Hint | Told, ...]:
    own = settings_of(known, "adyen")
    items = adyen_webhook.items_of(raw, own["hmac_keys"], own["merchant_account"])
    return tuple(one for item in items for one in adyen_webhook.told_by(runtime.database, item, own))


# Each believes what its provider's own scheme has signed, and nothing else.
_READERS: Mapping[str, Callable[[Mapping[str, Any], bytes, Mapping[str, str]], tuple[Hint | Told, ...]]] = {
    "strict": _strict,
    "stripe": _stripe,
    "adyen": _adyen,
}


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return app.resolve(event, context)
