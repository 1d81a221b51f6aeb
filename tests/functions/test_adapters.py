"""The adapters over the services that moto plays: the provider's secret and the export bucket."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import ClientError

from oms.finance.adapters.export_bucket import ExportBucket, StoredObject
from oms.payments.adapters import configured
from oms.payments.adapters.absent import NO_ACCOUNT, Absent, UnknownProvider
from oms.payments.adapters.adyen import AdyenAccount
from oms.payments.adapters.configured import provider, secret
from oms.payments.adapters.strict_psp import StrictPsp
from oms.payments.adapters.stripe import Stripe
from oms.payments.port import AuthorizeRequest, CaptureRequest, Declined
from oms.platform import objects
from oms.platform.objects import ObjectDiffers, sha256_of
from oms.platform.settings import SettingMissing
from tests.moto_resources import PSP_SECRET
from tests.template import Deployed, deployed

__all__ = ["deployed"]

KEY = "finance/acme/2026-11-23/journal.csv"


@pytest.fixture(autouse=True)
def fresh_clients() -> Iterator[None]:
    """A client outlives its test's moto; so does a secret."""
    adapters = (configured._strict, configured._stripe, configured._adyen)
    cached = (configured._client, configured._secret, *adapters, objects._client)
    for kept in cached:
        kept.cache_clear()
    yield
    for kept in cached:
        kept.cache_clear()


def test_the_secret_is_the_one_of_the_template_and_is_read_again_after_minutes(
    deployed: Deployed,
    monkeypatch: pytest.MonkeyPatch,
):
    deployed.enter(monkeypatch, "capture_payment")
    minutes = [0.0]
    monkeypatch.setattr(configured.time, "monotonic", lambda: minutes[0] * 60)
    assert secret() == PSP_SECRET
    replaced = {**PSP_SECRET, "api_key": "key_new"}
    stored = boto3.client("secretsmanager")
    stored.put_secret_value(SecretId=deployed.name("PspSecret"), SecretString=str(replaced).replace("'", '"'))
    minutes[0] = 4.9
    assert secret() == PSP_SECRET
    minutes[0] = 5.1
    assert secret() == replaced


def test_a_tender_gets_the_provider_that_it_names_and_no_other(
    deployed: Deployed,
    monkeypatch: pytest.MonkeyPatch,
):
    deployed.enter(monkeypatch, "authorize_payment")
    assert isinstance(provider("strict"), StrictPsp)
    assert provider("strict") is provider("strict")
    with pytest.raises(UnknownProvider, match="acme-pay"):
        provider("acme-pay")


def test_stripe_and_adyen_are_there_where_the_secret_knows_them(
    deployed: Deployed,
    monkeypatch: pytest.MonkeyPatch,
):
    deployed.enter(monkeypatch, "authorize_payment")
    absent = provider("stripe")
    assert absent == Absent("stripe")
    asked = AuthorizeRequest(100, "USD", "pm_1", "acme", "ord_1", "pay_1")
    assert absent.authorize(asked, key="a1") == Declined(NO_ACCOUNT, by_rule=True)
    for ask in (
        lambda: absent.capabilities,
        lambda: absent.capture(CaptureRequest("pi_1", 1, "USD", final=False), key="c1"),
        lambda: absent.void("pi_1", key="v1"),
        lambda: absent.get("pi_1"),
        lambda: absent.find("a1"),
    ):
        with pytest.raises(UnknownProvider, match="stripe"):
            ask()
    own = {"endpoint": "http://127.0.0.1:9/v71", "api_key": "key", "merchant_account": "Spine", "hmac_keys": ["00"]}
    known = {**PSP_SECRET, "stripe": {"api_key": "sk_test_1", "webhook_secret": "w", "max_captures": 5}, "adyen": own}
    stored = boto3.client("secretsmanager")
    stored.put_secret_value(SecretId=deployed.name("PspSecret"), SecretString=json.dumps(known))
    configured._secret.cache_clear()
    stripe, adyen = provider("stripe"), provider("adyen")
    assert isinstance(stripe, Stripe)
    assert stripe.capabilities.max_captures == 5
    assert stripe is provider("stripe")
    assert isinstance(adyen, AdyenAccount)
    assert (adyen.merchant_account, adyen.max_captures) == ("Spine", 1)
    assert isinstance(provider("strict"), StrictPsp)


def test_a_function_without_the_secrets_name_says_which_setting_it_lacks(
    deployed: Deployed,
    monkeypatch: pytest.MonkeyPatch,
):
    deployed.enter(monkeypatch, "place_order")
    monkeypatch.delenv("PSP_SECRET_ARN", raising=False)
    with pytest.raises(SettingMissing, match="PSP_SECRET_ARN"):
        secret()


def test_an_object_is_written_once(deployed: Deployed, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    deployed.enter(monkeypatch, "finance_export")
    bucket = ExportBucket()
    (tmp_path / "journal.csv").write_bytes(b"a,b\n")
    assert bucket.write_once(KEY, tmp_path / "journal.csv", "text/csv") == sha256_of(b"a,b\n")
    assert bucket.write_once(KEY, b"a,b\n", "text/csv") == sha256_of(b"a,b\n")
    with pytest.raises(ObjectDiffers, match=KEY):
        bucket.write_once(KEY, b"a,c\n", "text/csv")
    assert bucket.read(KEY) == b"a,b\n"
    assert list(bucket.objects("finance/")) == [StoredObject(KEY, 4)]
    assert bucket.folders("finance/") == ["finance/acme/"]


def test_a_link_opens_one_object_for_a_while(deployed: Deployed, monkeypatch: pytest.MonkeyPatch):
    deployed.enter(monkeypatch, "finance")
    link = ExportBucket().link(KEY)
    assert KEY in link
    assert "X-Amz-Expires=900" in link


def test_a_bucket_that_is_not_there_is_an_error_and_not_a_difference(
    deployed: Deployed,
    monkeypatch: pytest.MonkeyPatch,
):
    deployed.enter(monkeypatch, "finance_export")
    monkeypatch.setenv("EXPORT_BUCKET", "no-such-bucket")
    with pytest.raises(ClientError, match="NoSuchBucket"):
        ExportBucket().write_once(KEY, b"x", "text/csv")
