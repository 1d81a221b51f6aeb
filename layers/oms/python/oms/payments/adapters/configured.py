"""The providers of this deployment: gift cards in our own tables, and one whose secret is kept for five minutes."""

from __future__ import annotations

import json
import time
from functools import lru_cache
from typing import Any

import boto3
from botocore.exceptions import ClientError, ConnectionError, HTTPClientError

from oms.payments.adapters.stored_value import EveryTenant
from oms.payments.adapters.strict_psp import StrictPsp
from oms.payments.model import STORED_VALUE
from oms.payments.port import OwnProvider, PaymentProvider
from oms.platform.problems import Busy
from oms.platform.settings import setting

_KEPT_SECONDS = 300


class UnknownProvider(RuntimeError):
    """A tender names a provider that this deployment does not have."""


@lru_cache(maxsize=1)
def _client() -> Any:
    return boto3.client("secretsmanager")


@lru_cache(maxsize=1)
def _secret(arn: str, _age: int) -> dict[str, str]:
    try:
        text = _client().get_secret_value(SecretId=arn)["SecretString"]
    except (ClientError, ConnectionError, HTTPClientError) as error:
        # Nothing was asked of a provider yet: whoever wanted to may try again.
        raise Busy() from error
    secret: dict[str, str] = json.loads(text)
    return secret


def secret() -> dict[str, str]:
    """The provider's endpoint, api_key and webhook_secret; perhaps max_captures, where an authorisation has a limit."""
    return _secret(setting("PSP_SECRET_ARN"), int(time.monotonic() // _KEPT_SECONDS))


@lru_cache(maxsize=4)
def _strict(endpoint: str, api_key: str, max_captures: int | None) -> StrictPsp:
    return StrictPsp(endpoint, api_key, max_captures=max_captures)


def provider(name: str) -> PaymentProvider | OwnProvider:
    """The provider that a tender names; another name raises UnknownProvider."""
    if name == STORED_VALUE:
        return EveryTenant()
    if name != "strict":
        raise UnknownProvider(name)
    known = secret()
    limit = known.get("max_captures")
    return _strict(known["endpoint"], known["api_key"], int(limit) if limit else None)
