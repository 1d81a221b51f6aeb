"""A service of AWS that does not answer is Busy: nothing is taken for done, and whoever asked tries again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError
from botocore.stub import Stubber

from oms.fulfillment.adapters import step_functions
from oms.fulfillment.adapters.step_functions import continue_workflow
from oms.fulfillment.model import Outcome
from oms.payments.adapters import configured
from oms.payments.adapters.configured import secret
from oms.platform.problems import Busy

ARN = "arn:aws:secretsmanager:us-east-1:111122223333:secret:psp"
UNHEARD = [EndpointConnectionError(endpoint_url="https://aws"), ReadTimeoutError(endpoint_url="https://aws")]


def stubbed(service: str, adapter: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stubber]:
    client = boto3.client(
        service, region_name="us-east-1", aws_access_key_id="testing", aws_secret_access_key="testing"
    )
    monkeypatch.setattr(adapter, "_client", lambda: client)
    with Stubber(client) as stub:
        yield stub
        stub.assert_no_pending_responses()


@pytest.fixture
def workflows(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stubber]:
    yield from stubbed("stepfunctions", step_functions, monkeypatch)


@pytest.fixture
def secrets(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stubber]:
    monkeypatch.setenv("PSP_SECRET_ARN", ARN)
    configured._secret.cache_clear()
    yield from stubbed("secretsmanager", configured, monkeypatch)
    configured._secret.cache_clear()


def unheard(error: Exception) -> Any:
    def call(**_: object) -> object:
        raise error

    return call


@pytest.mark.parametrize(
    ("outcome", "call"), [(Outcome.SHIPPED, "send_task_success"), (Outcome.CANCELLED, "send_task_failure")]
)
def test_a_workflow_that_could_not_be_told_is_told_again(
    workflows: Stubber, monkeypatch: pytest.MonkeyPatch, outcome: Outcome, call: str
):
    workflows.add_client_error(call, "ThrottlingException", http_status_code=400)
    workflows.add_client_error(call, "InternalServerError", http_status_code=500)
    workflows.add_response(call, {})
    for _ in range(2):
        with pytest.raises(Busy):
            continue_workflow("token", outcome)
    assert continue_workflow("token", outcome) is True
    for error in UNHEARD:
        monkeypatch.setattr(step_functions._client(), call, unheard(error))
        with pytest.raises(Busy):
            continue_workflow("token", outcome)


@pytest.mark.parametrize("code", ["TaskTimedOut", "TaskDoesNotExist", "InvalidToken"])
def test_a_workflow_that_no_longer_waits_is_not_told_again(workflows: Stubber, code: str):
    workflows.add_client_error("send_task_success", code, http_status_code=400)
    assert continue_workflow("token", Outcome.SHIPPED) is False


def test_a_secret_that_could_not_be_read_is_read_again(secrets: Stubber, monkeypatch: pytest.MonkeyPatch):
    asked = {"SecretId": ARN}
    secrets.add_client_error("get_secret_value", "ThrottlingException", http_status_code=400, expected_params=asked)
    secrets.add_response("get_secret_value", {"SecretString": '{"api_key": "k"}'}, expected_params=asked)
    with pytest.raises(Busy):
        secret()
    assert secret() == {"api_key": "k"}
    assert secret() == {"api_key": "k"}  # kept: a second call would find the stub empty
    for error in UNHEARD:
        configured._secret.cache_clear()
        monkeypatch.setattr(configured._client(), "get_secret_value", unheard(error))
        with pytest.raises(Busy):
            secret()
