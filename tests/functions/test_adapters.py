"""The adapters over the services that moto plays: the provider's secret and the export bucket."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import ClientError

from oms.finance.adapters.export_bucket import ExportBucket, StoredObject
from oms.payments.adapters import configured
from oms.payments.adapters.configured import UnknownProvider, provider, secret
from oms.payments.adapters.strict_psp import StrictPsp
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
    cached = (configured._client, configured._secret, configured._strict, objects._client)
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
