"""The providers of activations of this deployment, by a secret that is kept for five minutes."""

from __future__ import annotations

from functools import lru_cache

from oms.activations.port import ActivationProvider
from oms.payments.adapters.configured import settings_of, stored_secret


@lru_cache(maxsize=4)
def _account(endpoint: str, api_key: str) -> ActivationProvider:
    from oms.activations.adapters.http import HttpActivations
    from oms.payments.adapters.calls import Calls

    headers = {"Authorization": f"Bearer {api_key}", "Content-Type": "application/json"}
    return HttpActivations(Calls(endpoint, headers))


def activation_provider(name: str) -> ActivationProvider:
    """The provider that an item names: the secret has endpoint and api_key of each under its name.

    One that is not configured raises NotFound.
    """
    own = settings_of(stored_secret("ACTIVATION_SECRET_ARN"), name)
    return _account(own["endpoint"], own["api_key"])
