"""Who may tell of parcels over the webhook, and what is done with it: believed when signed, and recorded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from oms.carriers.adapters import easypost_webhook, shippo_webhook
from oms.carriers.adapters.configured import account_of
from oms.carriers.tracking import record_tracking
from oms.payments.webhooks import verify_webhook
from oms.platform.commands import Runtime

CARRIERS = frozenset({easypost_webhook.PROVIDER, shippo_webhook.PROVIDER})


def hear(
    runtime: Runtime, secret: Callable[[], Mapping[str, Any]], name: str, raw: bytes, headers: Mapping[str, str]
) -> str:
    """Record what a message says of a parcel, for the tenant of the account; answers `recorded` or `nothing`.

    Raises SignatureRefused for what the account's secret has not signed, NotFound without such an account.
    """
    account = account_of(secret(), name)
    if name == easypost_webhook.PROVIDER:
        easypost_webhook.verify(raw, headers.get(easypost_webhook.SIGNATURE_HEADER, ""), account["webhook_secret"])
        told = easypost_webhook.told_by(raw)
    else:
        signature = headers.get(shippo_webhook.SIGNATURE_HEADER, "")
        verify_webhook(raw, signature, account["webhook_secret"], runtime.clock.now())
        told = shippo_webhook.told_by(raw)
    return "nothing" if told is None else record_tracking(runtime, account["tenant"], told)
