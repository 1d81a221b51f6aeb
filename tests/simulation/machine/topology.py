"""What stands in the account, read from the synthesised template: nothing here is written down a second time."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from tests.moto_resources import _PSEUDO, definition
from tests.template import ACCOUNT, REGION, Deployed, function_name, of_type, physical_name, template


@dataclass(frozen=True, slots=True)
class Function:
    """A function: its folder's name, its environment, and after how many seconds it is ended."""

    name: str
    environment: Mapping[str, str]
    timeout: int


@dataclass(frozen=True, slots=True)
class Route:
    """A route of the HTTP API; `token` says whether the caller must show one."""

    method: str
    path: re.Pattern[str]
    function: str
    token: bool


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule: events of a bus that match go to a queue. One with a schedule makes its own events."""

    name: str
    bus: str
    pattern: Mapping[str, Any] | None
    queue: str
    schedule: str | None = None
    message: str = ""


@dataclass(frozen=True, slots=True)
class QueueSpec:
    """A queue: for how many seconds a taken message is hidden, and where it goes after how many takes."""

    name: str
    visibility: int
    dead_letters: str | None
    most_receives: int


@dataclass(frozen=True, slots=True)
class Feed:
    """What feeds a function: a queue, or the stream of a table or of Kinesis (then the last fields count)."""

    function: str
    source: str
    batch: int
    concurrency: int
    partial: bool
    parallel: int = 1
    retries: int = -1
    oldest: int = -1
    bisect: bool = False
    on_failure: str | None = None


@dataclass(frozen=True, slots=True)
class Machine:
    """A state machine with the names of its functions filled in."""

    name: str
    arn: str
    express: bool
    definition: Mapping[str, Any]


@dataclass(slots=True)
class Topology:
    """Everything by name; the names of functions are those of their folders."""

    functions: dict[str, Function] = field(default_factory=dict)
    function_arns: dict[str, str] = field(default_factory=dict)
    routes: list[Route] = field(default_factory=list)
    clients: dict[str, str] = field(default_factory=dict)
    buses: dict[str, str] = field(default_factory=dict)
    buckets: dict[str, str] = field(default_factory=dict)
    rules: list[Rule] = field(default_factory=list)
    queues: dict[str, QueueSpec] = field(default_factory=dict)
    queue_feeds: list[Feed] = field(default_factory=list)
    stream_feeds: list[Feed] = field(default_factory=list)
    tables: dict[str, dict[str, Any]] = field(default_factory=dict)
    machines: dict[str, Machine] = field(default_factory=dict)

    @property
    def schedules(self) -> list[Rule]:
        return [rule for rule in self.rules if rule.schedule]


@cache
def topology() -> Topology:
    """The account that the template for AWS describes."""
    found = template("aws")
    refs = dict(_PSEUDO) | {name: physical_name(found, name) for name in found["Resources"]}
    deployed = Deployed(found, refs)
    for name in of_type(found, "AWS::SQS::Queue"):
        refs[name] = f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{name}"
    for name in of_type(found, "AWS::StepFunctions::StateMachine"):
        refs[name] = deployed.arn(name)
    for name, server in of_type(found, "AWS::Cognito::UserPoolResourceServer").items():
        refs[name] = server["Identifier"]
    made = Topology()
    _functions(made, deployed)
    _api(made, deployed)
    _events(made, deployed)
    _feeds(made, deployed)
    for name, properties in of_type(found, "AWS::DynamoDB::Table").items():
        made.tables[name] = properties
    for name, properties in of_type(found, "AWS::StepFunctions::StateMachine").items():
        text = json.loads(definition(deployed, name))
        made.machines[refs[name]] = Machine(name, refs[name], properties["StateMachineType"] == "EXPRESS", text)
    return made


def _functions(made: Topology, deployed: Deployed) -> None:
    for logical_id, properties in of_type(deployed.template, "AWS::Lambda::Function").items():
        name = function_name(logical_id)
        environment = deployed.resolve(properties["Environment"]["Variables"])
        made.functions[name] = Function(name, environment, properties["Timeout"])
        made.function_arns[deployed.arn(logical_id)] = made.function_arns[logical_id] = name


def _api(made: Topology, deployed: Deployed) -> None:
    found = deployed.template
    integrations = {
        name: made.function_arns[deployed.resolve(properties["IntegrationUri"])]
        for name, properties in of_type(found, "AWS::ApiGatewayV2::Integration").items()
    }
    routes = of_type(found, "AWS::ApiGatewayV2::Route").values()
    # Of several routes that fit, the gateway takes the one with fewer variable parts.
    for properties in sorted(routes, key=lambda one: one["RouteKey"].count("{")):
        method, path = properties["RouteKey"].split(" ")
        target = deployed.resolve(properties["Target"]).removeprefix("integrations/")
        named = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path.replace("{proxy+}", "(?P<proxy>.+)"))
        pattern = re.compile(f"^{named}$")
        made.routes.append(Route(method, pattern, integrations[target], properties.get("AuthorizationType") == "JWT"))
    for properties in of_type(found, "AWS::Cognito::UserPoolClient").values():
        made.clients[properties["ClientName"]] = " ".join(deployed.resolve(properties["AllowedOAuthScopes"]))


def _events(made: Topology, deployed: Deployed) -> None:
    found = deployed.template
    for logical_id in of_type(found, "AWS::Events::EventBus"):
        made.buses[physical_name(found, logical_id)] = logical_id
    for logical_id in of_type(found, "AWS::S3::Bucket"):
        made.buckets[physical_name(found, logical_id)] = logical_id
    for logical_id, properties in of_type(found, "AWS::SQS::Queue").items():
        redrive = deployed.resolve(properties.get("RedrivePolicy", {}))
        dead = _last(redrive["deadLetterTargetArn"]) if redrive else None
        visibility = properties.get("VisibilityTimeout", 30)
        made.queues[logical_id] = QueueSpec(logical_id, visibility, dead, redrive.get("maxReceiveCount", 0))
    for logical_id, properties in of_type(found, "AWS::Events::Rule").items():
        (target,) = properties["Targets"]
        made.rules.append(
            Rule(
                logical_id,
                deployed.resolve(properties["EventBusName"]) if "EventBusName" in properties else "default",
                deployed.resolve(properties.get("EventPattern")),
                _last(deployed.resolve(target["Arn"])),
                properties.get("ScheduleExpression"),
                target.get("InputTransformer", {}).get("InputTemplate", ""),
            )
        )


def _feeds(made: Topology, deployed: Deployed) -> None:
    for properties in of_type(deployed.template, "AWS::Lambda::EventSourceMapping").values():
        source = deployed.resolve(properties["EventSourceArn"])
        function = made.function_arns[deployed.resolve(properties["FunctionName"])]
        partial = "ReportBatchItemFailures" in properties.get("FunctionResponseTypes", [])
        if _last(source) in made.queues:
            most = properties.get("ScalingConfig", {}).get("MaximumConcurrency", 1_000)
            made.queue_feeds.append(Feed(function, _last(source), properties["BatchSize"], most, partial))
            continue
        destination = deployed.resolve(properties.get("DestinationConfig", {})).get("OnFailure", {}).get("Destination")
        made.stream_feeds.append(
            Feed(
                function,
                source.removesuffix(".StreamArn") if source.endswith(".StreamArn") else source.rsplit("/", 1)[1],
                properties["BatchSize"],
                1,
                partial,
                properties["ParallelizationFactor"],
                properties["MaximumRetryAttempts"],
                properties["MaximumRecordAgeInSeconds"],
                properties["BisectBatchOnFunctionError"],
                None if destination is None else _last(destination),
            )
        )


def _last(arn: str) -> str:
    return arn.rsplit(":", 1)[-1]
