"""Makes the template's resources in moto, straight from their properties: about a hundred calls, well under a second.

Only what functions talk to: tables, queues, buses with their rules, the stream, buckets, the secret and the workflows.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import boto3

from tests.template import ACCOUNT, REGION, Deployed, Template, of_type, physical_name

_PSEUDO = {"AWS::AccountId": ACCOUNT, "AWS::Region": REGION, "AWS::Partition": "aws", "AWS::URLSuffix": "amazonaws.com"}
PSP_SECRET = {"endpoint": "http://127.0.0.1:9", "api_key": "key_test", "webhook_secret": "whsec_test"}


def create(template: Template) -> Deployed:
    """Make everything, inside mock_aws; return how to find it."""
    refs = dict(_PSEUDO)
    for logical_id in template["Resources"]:
        refs[logical_id] = physical_name(template, logical_id)
    deployed = Deployed(template, refs)
    _tables(deployed)
    _queues(deployed, refs)
    _buses(deployed)
    _stores(deployed, refs)
    _workflows(deployed, refs)
    return deployed


@cache
def _client(service: str) -> Any:
    """A client that outlives the test: one made inside mock_aws talks to moto for ever, and making it takes longest."""
    return boto3.client(service, region_name=REGION)


def _tables(deployed: Deployed) -> None:
    dynamodb = _client("dynamodb")
    for logical_id, properties in of_type(deployed.template, "AWS::DynamoDB::Table").items():
        stream = properties.get("StreamSpecification")
        request = {
            "TableName": logical_id,
            "KeySchema": properties["KeySchema"],
            "AttributeDefinitions": properties["AttributeDefinitions"],
            "BillingMode": properties["BillingMode"],
        }
        if "GlobalSecondaryIndexes" in properties:
            request["GlobalSecondaryIndexes"] = properties["GlobalSecondaryIndexes"]
        if stream:
            request["StreamSpecification"] = {**stream, "StreamEnabled": True}
        dynamodb.create_table(**request)


def _queues(deployed: Deployed, refs: dict[str, str]) -> None:
    sqs = _client("sqs")
    queues = of_type(deployed.template, "AWS::SQS::Queue")
    # Dead-letter queues first: a queue must find the one that it names.
    for logical_id, properties in sorted(queues.items(), key=lambda entry: "RedrivePolicy" in entry[1]):
        attributes = {"VisibilityTimeout": str(properties.get("VisibilityTimeout", 30))}
        if "RedrivePolicy" in properties:
            attributes["RedrivePolicy"] = json.dumps(deployed.resolve(properties["RedrivePolicy"]))
        refs[logical_id] = sqs.create_queue(QueueName=logical_id, Attributes=attributes)["QueueUrl"]


def _buses(deployed: Deployed) -> None:
    events = _client("events")
    for logical_id in of_type(deployed.template, "AWS::Events::EventBus"):
        events.create_event_bus(Name=physical_name(deployed.template, logical_id))
    for logical_id, properties in of_type(deployed.template, "AWS::Events::Rule").items():
        # Schedules would need a clock that moves; a test calls their function itself.
        if "EventPattern" in properties:
            bus = deployed.resolve(properties["EventBusName"])
            pattern = json.dumps(deployed.resolve(properties["EventPattern"]))
            events.put_rule(Name=logical_id, EventBusName=bus, EventPattern=pattern)
            targets = [{"Id": one["Id"], "Arn": deployed.resolve(one["Arn"])} for one in properties["Targets"]]
            events.put_targets(Rule=logical_id, EventBusName=bus, Targets=targets)


def _stores(deployed: Deployed, refs: dict[str, str]) -> None:
    s3, kinesis, secrets = _client("s3"), _client("kinesis"), _client("secretsmanager")
    for logical_id, properties in of_type(deployed.template, "AWS::S3::Bucket").items():
        s3.create_bucket(Bucket=refs[logical_id])
        if "NotificationConfiguration" in properties:
            told = {"EventBridgeConfiguration": {}}
            s3.put_bucket_notification_configuration(Bucket=refs[logical_id], NotificationConfiguration=told)
            s3.put_bucket_versioning(
                Bucket=refs[logical_id], VersioningConfiguration=properties["VersioningConfiguration"]
            )
    for logical_id, properties in of_type(deployed.template, "AWS::Kinesis::Stream").items():
        kinesis.create_stream(StreamName=refs[logical_id], ShardCount=properties["ShardCount"])
    for logical_id in of_type(deployed.template, "AWS::SecretsManager::Secret"):
        made = secrets.create_secret(Name=logical_id, SecretString=json.dumps(PSP_SECRET))
        refs[logical_id] = made["ARN"]


def _workflows(deployed: Deployed, refs: dict[str, str]) -> None:
    states = _client("stepfunctions")
    machines = of_type(deployed.template, "AWS::StepFunctions::StateMachine")
    # Both ARNs first: one workflow names the other.
    for logical_id in machines:
        refs[logical_id] = deployed.arn(logical_id)
    for logical_id, properties in machines.items():
        states.create_state_machine(
            name=logical_id,
            type=properties["StateMachineType"],
            definition=definition(deployed, logical_id),
            roleArn=deployed.resolve(properties["RoleArn"]),
        )


def definition(deployed: Deployed, logical_id: str) -> str:
    """A workflow's definition with the ARNs of its functions filled in, as JSON."""
    properties = deployed.template["Resources"][logical_id]["Properties"]
    text: str = deployed.resolve(properties["DefinitionString"])
    for name, value in deployed.resolve(properties["DefinitionSubstitutions"]).items():
        text = text.replace(f"${{{name}}}", value)
    return text
