"""Handlers that the conformance test deploys; each shows one thing about the engine that runs it."""

import base64
import importlib
import json
import os
import time

import boto3

_clients = {}


def client(name):
    if name not in _clients:
        _clients[name] = boto3.client(name)
    return _clients[name]


class StockGone(Exception):
    """A business outcome with a name that a workflow can catch."""


def store_body(event, context):
    """HTTP API: put the posted item, answer with the scopes that the token carried."""
    body = json.loads(event["body"])
    if body["qty"] < 0:
        raise StockGone("a secret that no client may read")
    item = {"pk": {"S": body["id"]}, "sk": {"S": "ORDER"}, "qty": {"N": str(body["qty"])}}
    client("dynamodb").put_item(TableName=os.environ["TABLE"], Item=item)
    claims = event["requestContext"]["authorizer"]["jwt"]["claims"]
    return {"statusCode": 201, "body": json.dumps({"id": body["id"], "scope": claims["scope"]})}


def run_task(event, context):
    """A workflow task: say hello, raise by name, hand on a task token, or report which process answers."""
    if event.get("raise"):
        raise StockGone(f"no {event['raise']} left")
    if event.get("token"):
        client("sqs").send_message(QueueUrl=os.environ["TOKENS"], MessageBody=event["token"])
    return {"pid": os.getpid(), "echo": event.get("echo"), "clock": os.environ.get("SPINE_CLOCK_FILE")}


def hold(event, context):
    """Occupy an environment for a moment."""
    print(f"holding {event['n']}")
    began = time.time()
    time.sleep(event["seconds"])
    return {"began": began, "ended": time.time(), "pid": os.getpid()}


def misbehave(event, context):
    """End in a way that is not an exception."""
    print("about to " + event["how"])
    if event["how"] == "hang":
        time.sleep(30)
    if event["how"] == "exit":
        os._exit(7)
    return {"how": event["how"], "left": context.get_remaining_time_in_millis()}


def where_from(event, context):
    """Which copy of each module this function gets."""
    return {name: getattr(importlib.import_module(name), "FROM", "engine") for name in event["modules"]}


def call_workflow(event, context):
    """Wait for a workflow that calls this very function until `depth` is used up."""
    if event["depth"] == 0:
        return {"bottom": True}
    answer = client("stepfunctions").start_sync_execution(
        stateMachineArn=event["machine"], input=json.dumps({**event, "depth": event["depth"] - 1})
    )
    return json.loads(answer["output"])


def publish_orders(event, context):
    """A stream consumer: each stored order becomes an event on the bus."""
    images = [record["dynamodb"].get("NewImage", {}) for record in event["Records"]]
    placed = [image["pk"]["S"] for image in images if "qty" in image and "done" not in image]
    entry = {"EventBusName": os.environ["BUS"], "Source": "spine", "DetailType": "OrderPlaced"}
    if placed:
        entries = [{**entry, "Detail": json.dumps({"order_id": order_id})} for order_id in placed]
        assert client("events").put_events(Entries=entries)["FailedEntryCount"] == 0
    return {"batchItemFailures": []}


def start_workflow(event, context):
    """A queue consumer: each event runs the workflow to its end, or comes again."""
    failures = []
    for record in event["Records"]:
        order_id = json.loads(record["body"])["detail"]["order_id"]
        run = client("stepfunctions").start_sync_execution(
            stateMachineArn=os.environ["MACHINE"], input=json.dumps({"order_id": order_id})
        )
        if run["status"] != "SUCCEEDED":
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}


def finish_order(event, context):
    """A workflow task: the order is done; it fails the first time it sees `twice`."""
    if event["order_id"] == "twice" and not _seen_before("twice"):
        raise StockGone("come again")
    client("dynamodb").update_item(
        TableName=os.environ["TABLE"],
        Key={"pk": {"S": event["order_id"]}, "sk": {"S": "ORDER"}},
        UpdateExpression="ADD done :one",
        ExpressionAttributeValues={":one": {"N": "1"}},
    )
    return {}


def apply_records(event, context):
    """A stream consumer: write down what arrived, fail on poison in the way the environment asks for."""
    applied, failures = [], []
    for record in event["Records"]:
        sequence, value = _stream_value(record)
        if value == os.environ.get("POISON", "poison"):
            if os.environ["ON_POISON"] == "raise":
                _note({"seen": value})
                raise ValueError("poison")
            failures.append({"itemIdentifier": sequence})
            break
        if value.startswith("once") and not _seen_before(value):
            failures.append({"itemIdentifier": sequence})
            break
        if value.startswith("slow"):
            time.sleep(float(os.environ.get("SLOW", "2")))
        applied.append(value)
    if applied:
        _note({"applied": applied})
    return {"batchItemFailures": failures}


def read_queue(event, context):
    """A queue consumer: report poison messages as failed, write down the others."""
    failures = []
    for record in event["Records"]:
        value = json.loads(record["body"])["value"]
        if value == "poison":
            failures.append({"itemIdentifier": record["messageId"]})
        else:
            _note({"applied": [value]})
    return {"batchItemFailures": failures}


def _seen_before(value):
    key = {"pk": {"S": f"seen#{value}"}, "sk": {"S": "SEEN"}}
    table = os.environ["NOTES_TABLE"]
    if "Item" in client("dynamodb").get_item(TableName=table, Key=key):
        return True
    client("dynamodb").put_item(TableName=table, Item=key)
    return False


def _stream_value(record):
    if "kinesis" in record:
        return record["kinesis"]["sequenceNumber"], base64.b64decode(record["kinesis"]["data"]).decode()
    return record["dynamodb"]["SequenceNumber"], record["dynamodb"]["NewImage"]["value"]["S"]


def _note(note):
    client("sqs").send_message(QueueUrl=os.environ["NOTES"], MessageBody=json.dumps(note))
