"""The local engine behaves like AWS where the product leans on it: API, functions, workflows, queues, events."""

from __future__ import annotations

import base64
import json
import time
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.conformance.cloud import REGION, ROLE, Cloud

TASK_RETRY_AND_CATCH = {
    "Retry": [{"ErrorEquals": ["Throttled"], "IntervalSeconds": 1, "MaxAttempts": 1}],
    "Catch": [{"ErrorEquals": ["StockGone"], "ResultPath": "$.problem", "Next": "Caught"}],
}


def client_credentials_token(cloud: Cloud) -> tuple[str, str, str]:
    """A user pool's id, a client's id, and an access token that carries one scope."""
    cognito = cloud.client("cognito-idp")
    pool = cognito.create_user_pool(PoolName=cloud.name("pool"))["UserPool"]["Id"]
    cognito.create_resource_server(
        UserPoolId=pool,
        Identifier="acme",
        Name="acme",
        Scopes=[{"ScopeName": "orders.write", "ScopeDescription": "place orders"}],
    )
    made = cognito.create_user_pool_client(
        UserPoolId=pool,
        ClientName="web",
        GenerateSecret=True,
        AllowedOAuthFlowsUserPoolClient=True,
        AllowedOAuthFlows=["client_credentials"],
        AllowedOAuthScopes=["acme/orders.write"],
    )["UserPoolClient"]
    basic = base64.b64encode(f"{made['ClientId']}:{made['ClientSecret']}".encode()).decode()
    form = urllib.parse.urlencode({"grant_type": "client_credentials", "scope": "acme/orders.write"})
    request = urllib.request.Request(
        f"http://127.0.0.1:{cloud.port}/oauth2/token",
        form.encode(),
        {"authorization": f"Basic {basic}", "content-type": "application/x-www-form-urlencoded"},
    )
    with urllib.request.urlopen(request, timeout=20) as answer:
        return pool, made["ClientId"], json.loads(answer.read())["access_token"]


def http_api(cloud: Cloud, function: str, pool: str, client_id: str) -> str:
    """The URL of a fresh HTTP API with one JWT-protected route, POST /orders."""
    gateway = cloud.client("apigatewayv2")
    api = gateway.create_api(Name=cloud.name("api"), ProtocolType="HTTP")["ApiId"]
    authorizer = gateway.create_authorizer(
        ApiId=api,
        Name="jwt",
        AuthorizerType="JWT",
        IdentitySource=["$request.header.Authorization"],
        JwtConfiguration={"Issuer": f"https://cognito-idp.{REGION}.amazonaws.com/{pool}", "Audience": [client_id]},
    )["AuthorizerId"]
    integration = gateway.create_integration(
        ApiId=api, IntegrationType="AWS_PROXY", IntegrationUri=function, PayloadFormatVersion="2.0"
    )["IntegrationId"]
    gateway.create_route(
        ApiId=api,
        RouteKey="POST /orders",
        Target=f"integrations/{integration}",
        AuthorizationType="JWT",
        AuthorizerId=authorizer,
    )
    gateway.create_stage(ApiId=api, StageName="$default", AutoDeploy=True)
    return f"http://127.0.0.1:{cloud.port}/_aws/execute-api/{api}/$default/orders"


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


def test_a_standard_workflow_catches_a_named_error(cloud: Cloud) -> None:
    machine = cloud.machine(
        {
            "Sell": {"Type": "Task", "Resource": cloud.function("run_task"), "End": True, **TASK_RETRY_AND_CATCH},
            "Caught": {"Type": "Pass", "Parameters": {"error.$": "$.problem.Error"}, "End": True},
        }
    )
    ended = cloud.execute(machine, {"raise": "shirts"})
    assert ended["status"] == "SUCCEEDED"
    assert json.loads(ended["output"]) == {"error": "StockGone"}


def waiting_machine(cloud: Cloud, timeout: int | str) -> tuple[str, str]:
    """A machine that waits for a task token, for seconds or as its input says, and the queue that gets the token."""
    tokens = cloud.queue()
    machine = cloud.machine(
        {
            "Wait": {
                "Type": "Task",
                "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
                **({"TimeoutSecondsPath": timeout} if isinstance(timeout, str) else {"TimeoutSeconds": timeout}),
                "Parameters": {
                    "FunctionName": cloud.function("run_task", TOKENS=tokens),
                    "Payload": {"token.$": "$$.Task.Token", "raise.$": "$.raise"},
                },
                "Catch": [
                    {"ErrorEquals": ["States.Timeout"], "ResultPath": "$.problem", "Next": "Late"},
                    {"ErrorEquals": ["StockGone"], "ResultPath": "$.problem", "Next": "Failed"},
                ],
                "End": True,
            },
            "Late": {"Type": "Pass", "Result": {"late": True}, "End": True},
            "Failed": {"Type": "Pass", "Parameters": {"error.$": "$.problem.Error"}, "End": True},
        }
    )
    return machine, tokens


def test_a_task_token_resumes_a_waiting_workflow(cloud: Cloud) -> None:
    machine, tokens = waiting_machine(cloud, timeout=60)
    states = cloud.client("stepfunctions")
    execution = states.start_execution(stateMachineArn=machine, input='{"raise": null}')["executionArn"]
    token = cloud.collect(tokens, lambda seen: len(seen) == 1)[0]
    assert states.describe_execution(executionArn=execution)["status"] == "RUNNING"

    states.send_task_success(taskToken=token, output='{"shipped": 2}')
    ended = cloud.ended(execution)
    assert (ended["status"], json.loads(ended["output"])) == ("SUCCEEDED", {"shipped": 2})
    with pytest.raises(ClientError) as late:
        states.send_task_success(taskToken=token, output="{}")
    assert late.value.response["Error"]["Code"] in ("TaskTimedOut", "TaskDoesNotExist")


def test_a_task_token_that_never_comes_times_out(cloud: Cloud) -> None:
    machine, _tokens = waiting_machine(cloud, timeout=1)
    ended = cloud.execute(machine, {"raise": None})
    assert (ended["status"], json.loads(ended["output"])) == ("SUCCEEDED", {"late": True})


def test_a_task_token_times_out_when_the_input_says_so(cloud: Cloud) -> None:
    machine, _tokens = waiting_machine(cloud, timeout="$.seconds")
    ended = cloud.execute(machine, {"raise": None, "seconds": 1})
    assert (ended["status"], json.loads(ended["output"])) == ("SUCCEEDED", {"late": True})


def test_a_callback_task_fails_at_once_when_its_function_raises(cloud: Cloud) -> None:
    machine, _tokens = waiting_machine(cloud, timeout=60)
    ended = cloud.execute(machine, {"raise": "shirts"})
    assert (ended["status"], json.loads(ended["output"])) == ("SUCCEEDED", {"error": "StockGone"})


def test_an_express_workflow_answers_synchronously_and_starts_a_standard_one(cloud: Cloud) -> None:
    task = {"Type": "Task", "Resource": cloud.function("run_task")}
    child = cloud.machine({"Work": {**task, "End": True}})
    express = cloud.machine(
        {
            "Sell": {**task, "ResultPath": "$.sold", **TASK_RETRY_AND_CATCH, "Next": "Start"},
            "Start": {
                "Type": "Task",
                "Resource": "arn:aws:states:::states:startExecution",
                "Parameters": {"StateMachineArn": child, "Name.$": "$.echo", "Input": {"echo": "child"}},
                "ResultPath": "$.child",
                "End": True,
            },
            "Caught": {"Type": "Fail", "Error": "SoldOut"},
        },
        kind="EXPRESS",
    )
    states = cloud.client("stepfunctions")
    done = states.start_sync_execution(stateMachineArn=express, input=json.dumps({"echo": "order-7"}))
    assert done["status"] == "SUCCEEDED"
    output = json.loads(done["output"])
    assert (output["sold"]["echo"], output["child"]["ExecutionArn"].rpartition(":")[2]) == ("order-7", "order-7")

    failed = states.start_sync_execution(stateMachineArn=express, input=json.dumps({"raise": "shirts"}))
    assert (failed["status"], failed["error"]) == ("FAILED", "SoldOut")

    durations = []
    for number in range(4):
        began = time.monotonic()
        states.start_sync_execution(stateMachineArn=express, input=json.dumps({"echo": f"again-{number}"}))
        durations.append(time.monotonic() - began)
    assert min(durations) < 0.1


def test_a_poison_message_goes_to_the_dead_letter_queue_after_its_redrives(cloud: Cloud) -> None:
    dead, notes = cloud.queue(), cloud.queue()
    redrive = json.dumps({"deadLetterTargetArn": cloud.queue_arn(dead), "maxReceiveCount": "2"})
    queue = cloud.queue(VisibilityTimeout="1", RedrivePolicy=redrive)
    function = cloud.function("read_queue", NOTES=notes)
    for value in ("a", "poison", "b"):
        cloud.client("sqs").send_message(QueueUrl=queue, MessageBody=json.dumps({"value": value}))
    cloud.map_source(function, cloud.queue_arn(queue), FunctionResponseTypes=["ReportBatchItemFailures"])

    assert cloud.collect(dead, lambda seen: len(seen) == 1) == [{"value": "poison"}]
    assert sorted(n["applied"][0] for n in cloud.collect(notes, lambda seen: len(seen) >= 2)) == ["a", "b"]
    counts = cloud.client("sqs").get_queue_attributes(
        QueueUrl=queue, AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    )["Attributes"]
    assert set(counts.values()) == {"0"}


def test_racing_transactions_sell_exactly_the_stock_there_is(cloud: Cloud) -> None:
    table, _stream = cloud.table()
    dynamodb, stock, racers = cloud.client("dynamodb"), 20, 60
    key = {"pk": {"S": "sku"}, "sk": {"S": "NODE"}}
    dynamodb.put_item(TableName=table, Item={**key, "left": {"N": str(stock)}})

    def buy(number: int) -> str:
        try:
            dynamodb.transact_write_items(
                TransactItems=[
                    {
                        "Update": {
                            "TableName": table,
                            "Key": key,
                            "UpdateExpression": "SET #left = #left - :one",
                            "ConditionExpression": "#left >= :one",
                            "ExpressionAttributeNames": {"#left": "left"},
                            "ExpressionAttributeValues": {":one": {"N": "1"}},
                        }
                    },
                    {"Put": {"TableName": table, "Item": {"pk": {"S": f"order-{number}"}, "sk": {"S": "ORDER"}}}},
                ]
            )
        except ClientError as refusal:
            return "|".join(reason["Code"] for reason in refusal.response["CancellationReasons"])
        return "sold"

    with ThreadPoolExecutor(16) as pool:
        outcomes = list(pool.map(buy, range(racers)))
    assert outcomes.count("sold") == stock
    assert outcomes.count("ConditionalCheckFailed|None") == racers - stock
    assert dynamodb.get_item(TableName=table, Key=key)["Item"]["left"] == {"N": "0"}
    assert dynamodb.scan(TableName=table, Select="COUNT")["Count"] == stock + 1


def route(cloud: Cloud, bus: str, pattern: dict[str, Any], target: str) -> None:
    events, rule = cloud.client("events"), cloud.name("rule")
    events.put_rule(Name=rule, EventBusName=bus, EventPattern=json.dumps(pattern))
    options = {"RoleArn": ROLE} if ":event-bus/" in target else {}
    events.put_targets(Rule=rule, EventBusName=bus, Targets=[{"Id": "t", "Arn": target, **options}])


def test_a_rule_reaches_a_queue_directly_and_through_a_second_bus(cloud: Cloud) -> None:
    events, near, far = cloud.client("events"), cloud.queue(), cloud.queue()
    domain, store = cloud.name("domain"), cloud.name("store")
    events.create_event_bus(Name=domain)
    store_arn = events.create_event_bus(Name=store)["EventBusArn"]
    pattern = {"source": ["spine"], "detail-type": ["OrderPlaced"], "detail": {"data": {"status": ["CONFIRMED"]}}}
    route(cloud, domain, pattern, cloud.queue_arn(near))
    route(cloud, domain, {"source": ["spine"]}, store_arn)
    route(cloud, store, {"detail-type": ["OrderPlaced"]}, cloud.queue_arn(far))

    for status in ("PENDING_REVIEW", "CONFIRMED"):
        detail = json.dumps({"data": {"status": status}})
        entry = {"EventBusName": domain, "Source": "spine", "DetailType": "OrderPlaced", "Detail": detail}
        assert events.put_events(Entries=[entry])["FailedEntryCount"] == 0
    direct = cloud.collect(near, lambda seen: len(seen) >= 1)
    assert [message["detail"]["data"]["status"] for message in direct] == ["CONFIRMED"]
    forwarded = cloud.collect(far, lambda seen: len(seen) >= 2)
    assert [message["detail"]["data"]["status"] for message in forwarded] == ["PENDING_REVIEW", "CONFIRMED"]
    assert {message["source"] for message in forwarded} == {"spine"}


def test_partner_events_come_through_the_door_and_not_through_put_events(cloud: Cloud) -> None:
    events, queue, bus = cloud.client("events"), cloud.queue(), cloud.name("partner")
    events.create_event_bus(Name=bus)
    source = "aws.partner/shopify.com/1/shop"
    route(cloud, bus, {"source": [source]}, cloud.queue_arn(queue))
    entry = {"EventBusName": bus, "Source": source, "DetailType": "shopifyWebhook", "Detail": "{}"}
    assert events.put_events(Entries=[entry])["FailedEntryCount"] == 1

    door = f"http://127.0.0.1:{cloud.port}/_spine/partner-events"
    event = {"bus": bus, "source": source, "detail_type": "shopifyWebhook", "detail": {"order": 5}}
    status, answer = cloud.post(door, event)
    assert status == 200
    received = cloud.collect(queue, lambda seen: len(seen) >= 1)[0]
    assert (received["id"], received["source"], received["detail"]) == (answer["event_id"], source, {"order": 5})
    assert cloud.post(door, {**event, "bus": "nowhere"})[0] == 404
    assert cloud.post(door, event, origin="http://example.com")[0] == 403
    assert cloud.post(door, event, host="example.com")[0] == 403
