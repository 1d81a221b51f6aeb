"""The providers of this deployment: gift cards in our own tables, and one whose secret is kept for five minutes."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import boto3
from botocore.exceptions import ClientError, ConnectionError, HTTPClientError

from oms.payments.adapters.absent import Absent, UnknownProvider
from oms.payments.adapters.strict_psp import StrictPsp
from oms.payments.model import PROVIDERS, STORED_VALUE
from oms.payments.port import OwnProvider, PaymentProvider
from oms.platform.problems import Busy, NotFound
from oms.platform.settings import setting

_KEPT_SECONDS = 300
Secret = dict[str, Any]


@lru_cache(maxsize=1)
def _client() -> Any:
    return boto3.client("secretsmanager")


@lru_cache(maxsize=2)
def _secret(arn: str, _age: int) -> Secret:
    try:
        text = _client().get_secret_value(SecretId=arn)["SecretString"]
    except (ClientError, ConnectionError, HTTPClientError) as error:
        # Nothing was asked of a provider yet: whoever wanted to may try again.
        raise Busy() from error
    secret: Secret = json.loads(text)
    return secret


def secret() -> Secret:
    """What our providers know us by.

    The strict provider's endpoint, api_key and webhook_secret, perhaps max_captures, where an authorisation has a
    limit; under `stripe` api_key, webhook_secret (one or several) and perhaps max_captures; under `adyen` endpoint,
    api_key, merchant_account, hmac_keys (hex, one or several) and perhaps max_captures.
    """
    return stored_secret("PSP_SECRET_ARN")


def stored_secret(variable: str) -> Secret:
    """The secret of which an environment variable has the ARN, as it was read at most five minutes ago."""
    return _secret(setting(variable), int(time.monotonic() // _KEPT_SECONDS))


@lru_cache(maxsize=4)
def _strict(endpoint: str, api_key: str, max_captures: int | None) -> StrictPsp:
    return StrictPsp(endpoint, api_key, max_captures=max_captures)


def _stored_value() -> OwnProvider:
    # Loaded where a tender names it, as the two below, so that nobody else starts slower.
    from oms.payments.adapters.stored_value import EveryTenant

    return EveryTenant()


@lru_cache(maxsize=4)
def _stripe(endpoint: str | None, api_key: str, max_captures: int) -> PaymentProvider:
    from oms.payments.adapters.stripe import ENDPOINT, Stripe

    return Stripe(api_key, endpoint=endpoint or ENDPOINT, max_captures=max_captures)


@lru_cache(maxsize=4)
def _adyen(endpoint: str, api_key: str, merchant_account: str, max_captures: int) -> OwnProvider:
    from oms.payments.adapters.adyen import account

    return account(endpoint, api_key, merchant_account, max_captures)


def settings_of(known: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """The part of the secret for one provider; a deployment that does not have it answers that it is not found."""
    found = known.get(name)
    if not isinstance(found, Mapping):
        raise NotFound(f"This deployment has no provider {name}.")
    return found


def provider(name: str) -> PaymentProvider | OwnProvider:
    """The provider that a tender names; another name raises UnknownProvider.

    One of ours of which the secret says nothing holds no money.
    """
    if name == STORED_VALUE:
        return _stored_value()
    if name == "strict":
        known = secret()
        limit = known.get("max_captures")
        return _strict(known["endpoint"], known["api_key"], int(limit) if limit else None)
    if name not in PROVIDERS:
        raise UnknownProvider(name)
    if name not in secret():
        return Absent(name)
    own = settings_of(secret(), name)
    captures = int(own.get("max_captures", 1))
    if name == "adyen":
        return _adyen(own["endpoint"], own["api_key"], own["merchant_account"], captures)
    return _stripe(own.get("endpoint"), own["api_key"], captures)
