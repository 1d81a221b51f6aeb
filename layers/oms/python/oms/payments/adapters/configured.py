"""The providers of this deployment, from one secret; kept in a warm function for five minutes."""

from __future__ import annotations

import json
import time
from functools import lru_cache
from typing import Any

import boto3

from oms.payments.adapters.strict_psp import StrictPsp
from oms.payments.port import PaymentProvider
from oms.platform.settings import setting

_KEPT_SECONDS = 300


class UnknownProvider(RuntimeError):
    """A tender names a provider that this deployment does not have."""


@lru_cache(maxsize=1)
def _client() -> Any:
    return boto3.client("secretsmanager")


@lru_cache(maxsize=1)
def _secret(arn: str, _age: int) -> dict[str, str]:
    text = _client().get_secret_value(SecretId=arn)["SecretString"]
    secret: dict[str, str] = json.loads(text)
    return secret


def secret() -> dict[str, str]:
    """The provider's endpoint, api_key and webhook_secret."""
    return _secret(setting("PSP_SECRET_ARN"), int(time.monotonic() // _KEPT_SECONDS))


@lru_cache(maxsize=4)
def _strict(endpoint: str, api_key: str) -> StrictPsp:
    return StrictPsp(endpoint, api_key)


def provider(name: str) -> PaymentProvider:
    """The provider that a tender names; another name raises UnknownProvider."""
    if name != "strict":
        raise UnknownProvider(name)
    known = secret()
    return _strict(known["endpoint"], known["api_key"])
