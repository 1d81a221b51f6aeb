"""The resources that other tests use are those of the template, and they are connected like it."""

import json

import boto3
import pytest

from infra.functions import FUNCTIONS


@pytest.mark.parametrize(
    ("status", "arrives"), [("CONFIRMED", True), ("PENDING_REVIEW", False)], ids=["confirmed", "under review"]
)
def test_only_a_confirmed_order_reaches_the_order_workflow(deployed, status, arrives):
    detail = json.dumps({"meta": {"tenant": "acme"}, "data": {"status": status}})
    entry = {"Source": "spine", "DetailType": "OrderPlaced", "Detail": detail}
    boto3.client("events").put_events(Entries=[{**entry, "EventBusName": deployed.name("DomainBus")}])
    answer = boto3.client("sqs").receive_message(QueueUrl=deployed.name("StartOrderWorkflowQueue"))
    bodies = [json.loads(message["Body"]) for message in answer.get("Messages", [])]
    assert [body["detail-type"] for body in bodies] == (["OrderPlaced"] if arrives else [])


@pytest.mark.parametrize(
    ("key", "queue"),
    [
        ("stock/acme/a.csv", "StockFilesQueue"),
        ("orders/acme/a.jsonl", "OrderFilesQueue"),
        ("results/acme/a/v1/part-00001.csv", None),
    ],
)
def test_only_a_dropped_file_reaches_the_function_of_its_kind(deployed, key, queue):
    boto3.client("s3").put_object(Bucket=deployed.name("IntakeBucket"), Key=key, Body=b"x")
    for name in ("StockFilesQueue", "OrderFilesQueue"):
        answer = boto3.client("sqs").receive_message(QueueUrl=deployed.name(name))
        told = [json.loads(message["Body"])["detail"]["object"]["key"] for message in answer.get("Messages", [])]
        assert told == ([key] if name == queue else [])


def test_each_function_finds_its_tables_by_name(deployed):
    tables = set(boto3.client("dynamodb").list_tables()["TableNames"])
    for name in FUNCTIONS:
        for variable, value in deployed.environment(name).items():
            assert not variable.startswith("TABLE_") or value in tables, (name, variable)
            assert "." not in value or value.startswith(("arn:", "https://")), (name, variable)


def test_tables_have_their_indexes_and_streams(deployed):
    dynamodb = boto3.client("dynamodb")
    orders = dynamodb.describe_table(TableName=deployed.name("OrdersTable"))["Table"]
    assert [index["IndexName"] for index in orders["GlobalSecondaryIndexes"]] == ["by_status"]
    events = dynamodb.describe_table(TableName=deployed.name("EventsTable"))["Table"]
    assert events["StreamSpecification"] == {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}


def test_workflows_name_each_other(deployed):
    states = boto3.client("stepfunctions")
    order = states.describe_state_machine(stateMachineArn=deployed.name("OrderWorkflow"))
    assert deployed.name("FulfillmentWorkflow") in order["definition"]
    assert "${" not in order["definition"]


def test_the_secret_and_the_bucket_are_there(deployed):
    secret = boto3.client("secretsmanager").get_secret_value(SecretId=deployed.name("PspSecret"))
    assert set(json.loads(secret["SecretString"])) == {"endpoint", "api_key", "webhook_secret"}
    boto3.client("s3").head_bucket(Bucket=deployed.name("ExportBucket"))
