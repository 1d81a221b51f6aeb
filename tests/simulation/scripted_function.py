"""A function that behaves by a script; the differential tests deploy it to the local engine, and call it themselves.

SCRIPTS is a folder: `<case>.json` holds the outcomes of each step of a case, in order, and a file for each call counts
the calls. The engine runs several copies of this at once; making a file is what only one of them can do.
"""

import base64
import json
import os
import time

import boto3

NOBODY = -1
_clients = {}


def count(folder, name):
    """How often this was asked before about a name."""
    number = 0
    while True:
        try:
            os.close(os.open(os.path.join(folder, f"{name}.{number}"), os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            number += 1
        else:
            return number


def run_task(event, context):
    """A workflow's task: the next outcome of its step, or the payload where there is none."""
    folder = os.environ["SCRIPTS"]
    if isinstance(event, dict) and "fail" in event:
        raise type(event["fail"], (Exception,), {})("as the payload says")
    step, case = os.environ["STEP"], event.get("case") or event.get("order_id")
    with open(os.path.join(folder, f"{case}.json")) as file:
        outcomes = json.load(file).get(step, [])
    number = count(folder, f"{case}.{step}")
    token = event.get("task_token")
    if token:
        with open(os.path.join(folder, f"{case}.tokens"), "a") as file:
            file.write(token + "\n")
    outcome = outcomes[number] if number < len(outcomes) else {}
    time.sleep(outcome.get("seconds", 0))
    if "raise" in outcome:
        raise type(outcome["raise"], (Exception,), {})("as the script says")
    if token and "refuse" in outcome:
        client("stepfunctions").send_task_failure(taskToken=token, error=outcome["refuse"], cause="as the script says")
    elif token and "silent" not in outcome:
        client("stepfunctions").send_task_success(taskToken=token, output=json.dumps(outcome.get("value")))
    return outcome.get("value", event)


def take_records(event, context):
    """A consumer of a queue or stream: `case/value/failures` fails so often, and what came is written down."""
    values = [value_of(record) for record in event["Records"]]
    answer, raised = judge(os.environ["SCRIPTS"], values)
    if raised:
        raise ValueError("as the record says")
    return {"batchItemFailures": [{"itemIdentifier": name_of(event["Records"], place)} for place in answer]}


def judge(folder, values):
    """Write down a batch; the places of its failed records, and whether the whole call fails for them."""
    case, _, mode, _ = values[0].split("/")
    with open(os.path.join(folder, f"{case}.log"), "a") as file:
        file.write(json.dumps(values) + "\n")
    failed = []
    for place, value in enumerate(values):
        if count(folder, value.replace("/", "-")) < int(value.rsplit("/", 1)[1]):
            failed.append(NOBODY if mode == "nobody" else place)
            if mode != "each":
                break
    return failed, bool(failed) and mode == "raise"


def client(name):
    if name not in _clients:
        _clients[name] = boto3.client(name)
    return _clients[name]


def name_of(records, place):
    """How an answer names a failed record; NOBODY gives a name that none of them has."""
    if place == NOBODY:
        return "nobody"
    record = records[place]
    if "kinesis" in record:
        return record["kinesis"]["sequenceNumber"]
    return record["dynamodb"]["SequenceNumber"] if "dynamodb" in record else record["messageId"]


def value_of(record):
    if "kinesis" in record:
        return base64.b64decode(record["kinesis"]["data"]).decode()
    return record["dynamodb"]["NewImage"]["value"]["S"] if "dynamodb" in record else record["body"]
