"""The carriers of this deployment, by their secret, which is kept for five minutes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from oms.carriers.port import Carrier
from oms.payments.adapters.configured import settings_of, stored_secret
from oms.platform.problems import NotFound

ENDPOINT = "https://api.easypost.com"


def carrier_secret() -> Mapping[str, Any]:
    """What carriers know us by.

    Under `easypost` endpoint, api_key, webhook_secret (one or several) and the tenant that the account ships for; under
    `shippo` webhook_secret and tenant.
    """
    return stored_secret("CARRIER_SECRET_ARN")


def account_of(known: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """The part of the secret for one carrier; a deployment that does not have it answers that it is not found."""
    return settings_of(known, name)


@lru_cache(maxsize=4)
def _easypost(endpoint: str, api_key: str) -> Carrier:
    # Loaded where a label names it, so that nobody else starts slower.
    from oms.carriers.adapters.easypost import EasyPost, basic
    from oms.carriers.adapters.files import Files
    from oms.payments.adapters.calls import Calls

    return EasyPost(Calls(endpoint, basic(api_key)), Files(endpoint).fetch)


def carrier(name: str) -> Carrier:
    """The seller of labels of this name; one that sells none, or is not configured, raises NotFound."""
    if name != "easypost":
        raise NotFound(f"Nobody sells labels as {name}.")
    own = account_of(carrier_secret(), name)
    return _easypost(own.get("endpoint", ENDPOINT), own["api_key"])
