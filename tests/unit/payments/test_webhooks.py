"""Only what the provider signed, unchanged and recently, is believed."""

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta

import pytest

from local.psp.courier import sign
from oms.payments.webhooks import SignatureRefused, verify_webhook

pytestmark = pytest.mark.capability("K11")

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
STAMP = int(NOW.timestamp())
RAW = b'{"id":"evt_1","type":"payment.captured","data":{"payment":{"amount":11325,"note":"caf\xc3\xa9"}}}'
SECRET = "whsec_example"


def signature(raw: bytes = RAW, secret: str = SECRET, stamp: int = STAMP) -> str:
    return hmac.new(secret.encode(), f"{stamp}.".encode() + raw, hashlib.sha256).hexdigest()


def header(raw: bytes = RAW, secret: str = SECRET, stamp: int = STAMP) -> str:
    return f"t={stamp},v1={signature(raw, secret, stamp)}"


def test_a_fresh_message_with_the_right_signature_passes() -> None:
    verify_webhook(RAW, header(), SECRET, NOW)


def test_what_the_provider_signs_is_what_we_verify() -> None:
    verify_webhook(RAW, sign(SECRET, STAMP, RAW), SECRET, NOW)


def test_a_known_signature_is_accepted() -> None:
    """Computed once with the openssl program, so that both sides are not wrong in the same way."""
    known = "t=1700000000,v1=cf0f6e6b48afcb0cb17721cbc9dd3e6ebac32e5352fdb7f22aaa622a454b1fc4"
    verify_webhook(b'{"a":1}', known, "whsec_known", datetime.fromtimestamp(1_700_000_000, UTC))


@pytest.mark.parametrize(
    "wrong",
    [
        header(secret="whsec_other"),
        header(raw=RAW + b" "),
        f"t={STAMP + 1},v1={signature()}",
        f"t={STAMP},v1={signature()[:-1]}",
        f"t={STAMP},v1={signature().upper()}",
        f"t={STAMP},v1=",
        f"t={STAMP},v0={signature()}",
        f"v1={signature()}",
        f"t={STAMP},t={STAMP},v1={signature()}",
        f"t=-1,v1={signature(stamp=-1)}",
        f"t=٣,v1={signature()}",
        f"t={STAMP},v1=é",
        f"t={'9' * 5000},v1={signature()}",
        "",
        "nonsense",
    ],
)
def test_a_wrong_signature_is_refused(wrong: str) -> None:
    with pytest.raises(SignatureRefused):
        verify_webhook(RAW, wrong, SECRET, NOW)


def test_a_body_that_was_parsed_and_written_again_is_refused() -> None:
    again = json.dumps(json.loads(RAW)).encode()
    assert json.loads(again) == json.loads(RAW)
    with pytest.raises(SignatureRefused):
        verify_webhook(again, header(), SECRET, NOW)


@pytest.mark.parametrize(("seconds", "believed"), [(-301, False), (-300, True), (0, True), (300, True), (301, False)])
def test_a_message_is_believed_for_five_minutes_around_its_time(seconds: int, believed: bool) -> None:
    at = NOW + timedelta(seconds=seconds)
    if believed:
        verify_webhook(RAW, header(), SECRET, at)
    else:
        with pytest.raises(SignatureRefused):
            verify_webhook(RAW, header(), SECRET, at)


def test_a_message_ten_minutes_old_is_refused_however_well_signed() -> None:
    with pytest.raises(SignatureRefused):
        verify_webhook(RAW, header(), SECRET, NOW + timedelta(minutes=10))


def test_the_tolerance_can_be_narrowed() -> None:
    with pytest.raises(SignatureRefused):
        verify_webhook(RAW, header(), SECRET, NOW + timedelta(seconds=31), tolerance=30)


def test_every_active_secret_is_accepted_and_a_retired_one_is_not() -> None:
    for secret in ("whsec_new", "whsec_old"):
        verify_webhook(RAW, header(secret=secret), ["whsec_new", "whsec_old"], NOW)
    with pytest.raises(SignatureRefused):
        verify_webhook(RAW, header(secret="whsec_old"), ["whsec_new"], NOW)


def test_one_right_signature_among_several_is_enough() -> None:
    both = f"t={STAMP},v1={signature(secret='whsec_other')},v1={signature()}"
    verify_webhook(RAW, both, SECRET, NOW)


def test_the_letters_of_a_secret_are_no_secrets() -> None:
    with pytest.raises(SignatureRefused):
        verify_webhook(RAW, header(secret="w"), SECRET, NOW)


def test_no_secret_lets_nobody_in_and_an_empty_one_is_a_mistake() -> None:
    with pytest.raises(SignatureRefused):
        verify_webhook(RAW, header(), [], NOW)
    with pytest.raises(ValueError, match="empty webhook secret"):
        verify_webhook(RAW, header(secret=""), "", NOW)


def test_every_refusal_says_the_same_with_status_401() -> None:
    said = set()
    for attempt in (header(secret="x"), "nonsense", header(stamp=STAMP - 600)):
        with pytest.raises(SignatureRefused) as refusal:
            verify_webhook(RAW, attempt, SECRET, NOW)
        said.add((refusal.value.status, refusal.value.code, refusal.value.detail))
    assert said == {(401, "signature_refused", "The signature of the webhook was not accepted.")}
