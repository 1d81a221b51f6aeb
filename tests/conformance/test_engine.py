"""The local engine behaves like AWS where the product leans on it: the front door and the functions behind it."""

from __future__ import annotations

import base64
import json

from tests.conformance.cloud import Cloud
from tests.conformance.front_door import client_credentials_token, http_api


def test_http_api_checks_the_token_and_reaches_dynamodb_through_lambda(cloud: Cloud) -> None:
    table, _stream = cloud.table()
    pool, client_id, token = client_credentials_token(cloud)
    url = http_api(cloud, cloud.function("store_body", TABLE=table), pool, client_id)
    order = {"id": "order-1", "qty": 3}

    assert cloud.post(url, order, authorization=f"Bearer {token}") == (
        201,
        {"id": "order-1", "scope": "acme/orders.write"},
    )
    stored = cloud.client("dynamodb").get_item(TableName=table, Key={"pk": {"S": "order-1"}, "sk": {"S": "ORDER"}})
    assert stored["Item"]["qty"] == {"N": "3"}

    assert cloud.post(url, {"id": "order-2", "qty": -1}, authorization=f"Bearer {token}") == (
        500,
        {"message": "Internal Server Error"},
    )

    header, claims, signature = token.split(".")
    forged = json.loads(base64.urlsafe_b64decode(claims + "=="))
    forged["scope"] = "acme/finance.write"
    tampered = base64.urlsafe_b64encode(json.dumps(forged).encode()).decode().rstrip("=")
    assert cloud.post(url, order, authorization=f"Bearer {header}.{tampered}.{signature}")[0] == 401
    assert [cloud.post(url, order, **sent)[0] for sent in ({"authorization": "Bearer junk"}, {})] == [401, 401]


def test_an_exception_keeps_its_name_and_the_worker_survives_it(cloud: Cloud) -> None:
    function = cloud.function("run_task")
    before, _ = cloud.invoke(function, {"echo": 1})
    raised, mark = cloud.invoke(function, {"raise": "blue shirts"})
    after, _ = cloud.invoke(function, {"echo": 2})

    assert mark == "Unhandled"
    assert raised["errorType"] == "StockGone"
    assert raised["errorMessage"] == "no blue shirts left"
    assert any("run_task" in line for line in raised["stackTrace"])
    assert after["pid"] == before["pid"]
    assert before["clock"] == "clock-of-the-test"


def test_a_function_that_hangs_or_dies_is_reported_and_replaced(cloud: Cloud) -> None:
    function = cloud.function("misbehave", timeout=1)
    late, mark = cloud.invoke(function, {"how": "hang"})
    assert (late["errorType"], late["errorMessage"], mark) == (
        "Sandbox.Timedout",
        "Task timed out after 1.00 seconds",
        "Unhandled",
    )
    assert cloud.invoke(function, {"how": "exit"})[0]["errorType"] == "Runtime.ExitError"
    answer, mark = cloud.invoke(function, {"how": "answer"})
    assert (answer["how"], mark) == ("answer", None)
    assert 0 < answer["left"] <= 1000

    name = function.rpartition(":")[2]
    events = cloud.client("logs").filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"]
    printed = [event["message"] for event in events if event["message"].startswith("about to")]
    assert printed == ["about to hang", "about to exit", "about to answer"]
    assert cloud.invoke(cloud.function("not_there"), {})[0]["errorType"] == "Runtime.HandlerNotFound"
