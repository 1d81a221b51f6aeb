"""Least privilege and nothing lost, read from the template: a wildcard or a failure without a place fails here."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.infra.policies import as_list, place, statements
from tests.template import Template, of_type

QUEUE, RULE, MAPPING = "AWS::SQS::Queue", "AWS::Events::Rule", "AWS::Lambda::EventSourceMapping"
# Everything by which AWS itself calls something of ours later, and may fail to.
ASYNCHRONOUS = {
    RULE,
    MAPPING,
    "AWS::Lambda::Function",
    "AWS::Events::EventBus",
}
# The same, and not in use: whoever adds one has to say here where its failures go.
UNUSED = {
    "AWS::Lambda::EventInvokeConfig",
    "AWS::Pipes::Pipe",
    "AWS::SNS::Subscription",
    "AWS::Scheduler::Schedule",
    "AWS::Events::Connection",
    "AWS::S3::BucketNotification",
}


def _queue(template: Template, reference: Any) -> str:
    """The queue that an ARN names; a failure when it names none of the template's."""
    logical_id = reference["Fn::GetAtt"][0]
    assert logical_id in of_type(template, QUEUE), logical_id
    return logical_id


def _failure_destinations(template: Template) -> Iterator[tuple[str, Any]]:
    """Each asynchronous target by name with the ARN of what keeps its failures, None where there is nothing."""
    for name, rule in of_type(template, RULE).items():
        for target in rule["Targets"]:
            yield f"{name}: {target['Id']}", target.get("DeadLetterConfig", {}).get("Arn")
    for name, bus in of_type(template, "AWS::Events::EventBus").items():
        yield name, bus.get("DeadLetterConfig", {}).get("Arn")
    for name, function in of_type(template, "AWS::Lambda::Function").items():
        yield name, function.get("DeadLetterConfig", {}).get("TargetArn")
    for name, mapping in of_type(template, MAPPING).items():
        source = of_type(template, QUEUE).get(mapping["EventSourceArn"]["Fn::GetAtt"][0])
        if source is None:
            yield name, mapping.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination")
        else:
            # A queue keeps its own failures; its mapping cannot.
            yield name, source.get("RedrivePolicy", {}).get("deadLetterTargetArn")


def test_every_asynchronous_target_has_a_failure_destination(template):
    found = dict(_failure_destinations(template))
    assert len(found) > 50
    assert [name for name, arn in found.items() if arn is None] == []
    kept = {_queue(template, arn) for arn in found.values()}
    assert {name for name in kept if not name.endswith("DeadLetters")} == set()
    assert not [name for name in kept if "RedrivePolicy" in of_type(template, QUEUE)[name]]


def test_every_kind_of_asynchronous_target_is_looked_at(template):
    kinds = {resource["Type"] for resource in template["Resources"].values()}
    assert kinds >= ASYNCHRONOUS
    assert not kinds & UNUSED


@pytest.mark.parametrize("kind", [RULE, MAPPING, "AWS::Events::EventBus", "AWS::Lambda::Function"])
def test_the_look_at_failure_destinations_sees_one_that_is_missing(template, kind):
    broken = json.loads(json.dumps(template))
    name, properties = next(
        (name, row) for name, row in of_type(broken, kind).items() if kind != MAPPING or "DestinationConfig" in row
    )
    for holder in (properties, *properties.get("Targets", ())):
        holder.pop("DeadLetterConfig", None)
        holder.pop("DestinationConfig", None)
    assert [name for name, arn in _failure_destinations(broken) if arn is None] == [
        f"{name}: Queue" if kind == RULE else name
    ]


def test_every_event_target_gives_up_in_time(template):
    for name, rule in of_type(template, RULE).items():
        for target in rule["Targets"]:
            policy = target["RetryPolicy"]
            assert 0 < policy["MaximumRetryAttempts"] <= 185, name
            assert 60 <= policy["MaximumEventAgeInSeconds"] <= 86_400, name


def test_every_stream_mapping_is_bounded_and_isolates_a_bad_record(template):
    streams = {
        name: row
        for name, row in of_type(template, MAPPING).items()
        if row["EventSourceArn"]["Fn::GetAtt"][0] not in of_type(template, QUEUE)
    }
    assert set(streams) == {
        f"{name}Mapping" for name in ("PublishEvents", "QueueWebhooks", "InventoryStream", "StockLevels")
    }
    for name, row in streams.items():
        assert 0 < row["MaximumRetryAttempts"] <= 10_000, name
        assert 60 <= row["MaximumRecordAgeInSeconds"] < 86_400, name
        assert row["BisectBatchOnFunctionError"] is True, name
        assert row["FunctionResponseTypes"] == ["ReportBatchItemFailures"], name
        assert _queue(template, row["DestinationConfig"]["OnFailure"]["Destination"]), name


def test_every_queue_mapping_has_a_bounded_number_of_tries(template):
    queues = of_type(template, QUEUE)
    for name, row in of_type(template, MAPPING).items():
        source = queues.get(row["EventSourceArn"]["Fn::GetAtt"][0])
        if source is not None:
            assert 1 <= source["RedrivePolicy"]["maxReceiveCount"] <= 10, name
            assert row["FunctionResponseTypes"] == ["ReportBatchItemFailures"], name


def test_every_function_states_its_own_time_limit(template):
    for name, row in of_type(template, "AWS::Lambda::Function").items():
        # Three seconds is what Lambda takes when nobody says anything.
        assert 3 < row["Timeout"] <= 300, name


def _tasks(template: Template) -> Iterator[tuple[str, dict[str, Any]]]:
    def states(machine: str, definition: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
        for name, state in definition["States"].items():
            if state["Type"] == "Task":
                yield f"{machine}.{name}", state
            for nested in (state.get("ItemProcessor"), state.get("Iterator"), *state.get("Branches", ())):
                if nested:
                    yield from states(machine, nested)

    for machine, row in of_type(template, "AWS::StepFunctions::StateMachine").items():
        yield from states(machine, json.loads(row["DefinitionString"]))


def test_every_task_of_every_state_machine_has_a_timeout(template):
    """Read from the definitions as they are deployed, those inside a Map included."""
    found = dict(_tasks(template))
    workflows = {f"{name}Workflow" for name in ("Order", "Fulfillment", "Payment", "Return")}
    assert {name.split(".")[0] for name in found} == workflows
    assert "OrderWorkflow.StartFulfillment" in found
    without = [name for name, state in found.items() if not {"TimeoutSeconds", "TimeoutSecondsPath"} & set(state)]
    assert without == []
    # A wait that ends when its input says so, and tasks that end within a minute.
    assert all(state.get("TimeoutSeconds", 0) <= 60 for state in found.values())


def test_no_policy_of_the_template_grants_a_wildcard_action(template):
    granted = list(_allowed_actions(template))
    assert len(granted) > 100
    assert [(name, action) for name, action in granted if "*" in action or "?" in action] == []


def _allowed_actions(template: Template) -> Iterator[tuple[str, str]]:
    """Every action that any policy allows: of roles and of resources. The key's owner manages the key."""
    for role, statement in statements(template):
        if statement["Effect"] == "Allow":
            yield from ((role, action) for action in as_list(statement["Action"]))
    for kind in ("AWS::SQS::QueuePolicy", "AWS::S3::BucketPolicy", "AWS::SNS::TopicPolicy", "AWS::KMS::Key"):
        for name, row in of_type(template, kind).items():
            document = row.get("PolicyDocument") or row["KeyPolicy"]
            for statement in document["Statement"]:
                owner = kind == "AWS::KMS::Key" and "AWS" in statement["Principal"]
                if statement["Effect"] == "Allow" and not owner:
                    yield from ((name, action) for action in as_list(statement["Action"]))


def test_only_the_account_itself_may_do_everything_with_the_key(template):
    (key,) = of_type(template, "AWS::KMS::Key").values()
    everything = [one for one in key["KeyPolicy"]["Statement"] if "kms:*" in as_list(one["Action"])]
    assert [set(one["Principal"]) for one in everything] == [{"AWS"}]
    assert place(everything[0]["Principal"]["AWS"]) == "arn:AWS::Partition:iam::AWS::AccountId:root"
