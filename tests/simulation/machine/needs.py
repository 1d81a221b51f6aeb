"""What a call has to be allowed: IAM actions on resources, by the logical ids of the template.

A transaction has no action of its own: it needs what each of its parts would need alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tests.simulation.machine.topology import Topology
from tests.simulation.machine.workflow_errors import NotModelled

_PARTS = {
    "Put": "dynamodb:PutItem",
    "Update": "dynamodb:UpdateItem",
    "Delete": "dynamodb:DeleteItem",
    "ConditionCheck": "dynamodb:ConditionCheckItem",
}


def needs(service: str, operation: str, request: Mapping[str, Any], account: Topology) -> Iterator[tuple[str, str]]:
    """Every (action, resource) that this call needs."""
    if service == "dynamodb":
        yield from _table(operation, request)
    elif service == "events":
        for entry in request["Entries"]:
            yield f"events:{operation}", account.buses[entry["EventBusName"]]
    elif service == "stepfunctions":
        yield f"states:{operation}", _machine(request, account)
    elif service == "sqs":
        yield f"sqs:{operation}", request["QueueUrl"].rsplit("/", 1)[1]
    elif service == "secretsmanager":
        yield f"secretsmanager:{operation}", request["SecretId"]
    elif (service, operation) == ("s3", "ListObjectsV2"):
        yield "s3:ListBucket", account.buckets[request["Bucket"]]
    elif service == "s3":
        version = "Version" if "VersionId" in request else ""
        yield f"s3:{operation}{version}", f"{account.buckets[request['Bucket']]}/{request['Key'].split('/')[0]}/*"
    else:
        raise NotModelled(f"the rights for {service} {operation}")


def _table(operation: str, request: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if operation == "TransactWriteItems":
        for entry in request["TransactItems"]:
            ((part, content),) = entry.items()
            yield _PARTS[part], content["TableName"]
    elif operation == "BatchGetItem":
        for table in request["RequestItems"]:
            yield "dynamodb:BatchGetItem", table
    else:
        index = request.get("IndexName")
        yield f"dynamodb:{operation}", request["TableName"] + (f"/index/{index}" if index else "")


def _machine(request: Mapping[str, Any], account: Topology) -> str:
    """The machine that is meant; a token's is the only one that hands out tokens."""
    if "taskToken" not in request:
        return account.machines[request["stateMachineArn"]].name
    (owner,) = (machine.name for machine in account.machines.values() if "waitForTaskToken" in str(machine.definition))
    return owner
