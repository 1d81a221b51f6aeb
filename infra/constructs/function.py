"""The one way to make a function: arm64, Python 3.13, a role and a log group of its own, and exactly its grants."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from aws_cdk import (
    Duration,
    RemovalPolicy,
    SymlinkFollowMode,
)
from aws_cdk import (
    aws_cloudwatch as cloudwatch,
)
from aws_cdk import (
    aws_iam as iam,
)
from aws_cdk import (
    aws_kms as kms,
)
from aws_cdk import (
    aws_lambda as lambda_,
)
from aws_cdk import (
    aws_logs as logs,
)
from aws_cdk import (
    aws_sqs as sqs,
)
from constructs import Construct

from infra.constructs.alarms import FIVE_MINUTES, Alarms
from infra.function_spec import FunctionSpec
from infra.grants import ACCESS, Access
from infra.names import name_it, pascal, wait_for_nothing_more

RUNTIME = lambda_.Runtime.PYTHON_3_13
ARCHITECTURE = lambda_.Architecture.ARM_64
# What functions count in their logs (oms/platform/observability.py).
COUNTED = "Spine"
# Compiled files differ from machine to machine and would change the asset's hash for nothing.
NOT_SHIPPED = ["**/*.pyc", "**/__pycache__", "**/.*"]


@dataclass(frozen=True, slots=True)
class Resource:
    """Something a function may be granted: its ARNs (first its own) and what its environment variable says."""

    arns: tuple[str, ...]
    value: str


@dataclass(slots=True)
class Workshop:
    """What every function is made with; `resources` and `made` grow as the stack does.

    `calls` are the dead letters of functions that have no queue or stream of their own: they are called and answer at
    once, so anything in it was called by hand and failed. `limits` are the deployment's settings for functions.
    """

    functions: Path
    layers: Mapping[str, lambda_.ILayerVersion]
    key: kms.IKey
    alarms: Alarms
    calls: sqs.IQueue
    limits: Mapping[str, str]
    resources: dict[str, Resource] = field(default_factory=dict)
    made: dict[str, SpineFunction] = field(default_factory=dict)

    def make(self, scope: Construct, spec: FunctionSpec, dead_letters: sqs.IQueue | None = None) -> SpineFunction:
        """The function of this row; it is made once."""
        function = SpineFunction(
            scope, pascal(spec.name), spec=spec, workshop=self, dead_letters=dead_letters or self.calls
        )
        self.made[spec.name] = function
        return function


class SpineFunction(Construct):
    """A function with its role, its log group and its two alarms."""

    def __init__(
        self, scope: Construct, id: str, *, spec: FunctionSpec, workshop: Workshop, dead_letters: sqs.IQueue
    ) -> None:
        super().__init__(scope, f"{id}Parts")
        self.spec = spec
        self.dead_letters = dead_letters
        self._key = workshop.key
        self.logs = log_group(self, f"{id}Logs", key=workshop.key)
        self.role, self._rights = role_with_rights(
            self, f"{id}Role", service="lambda.amazonaws.com", description=f"What {spec.name} may do."
        )
        self._rights.add_statements(
            iam.PolicyStatement(
                sid="WriteItsLogs",
                actions=["logs:CreateLogStream", "logs:PutLogEvents"],
                resources=[self.logs.log_group_arn],
            ),
            iam.PolicyStatement(actions=["xray:PutTraceSegments", "xray:PutTelemetryRecords"], resources=["*"]),
        )
        self.function = lambda_.Function(
            self,
            "Function",
            description=spec.purpose,
            code=_code(workshop.functions / spec.name),
            handler="handler.handler",
            runtime=RUNTIME,
            architecture=ARCHITECTURE,
            memory_size=spec.memory,
            timeout=Duration.seconds(spec.timeout),
            role=self.role.without_policy_updates(),
            log_group=self.logs,
            # Lambda's own three lines for each call would cost more than the call; its metrics say the same.
            logging_format=lambda_.LoggingFormat.JSON,
            system_log_level_v2=lambda_.SystemLogLevel.WARN,
            application_log_level_v2=lambda_.ApplicationLogLevel.INFO,
            tracing=lambda_.Tracing.ACTIVE,
            # Where a call that nobody waits for ends when it fails (decision 15).
            dead_letter_queue=dead_letters,
            layers=[workshop.layers[name] for name in ("deps", "oms", *spec.layers)],
            environment={"POWERTOOLS_SERVICE_NAME": spec.name, **{name: workshop.limits[name] for name in spec.limits}},
        )
        name_it(self.function, f"{id}Function")
        wait_for_nothing_more(self.function)
        self.allow("queue:send", Resource((dead_letters.queue_arn,), dead_letters.queue_url))
        if spec.sets_aside:
            self.function.add_environment("DEAD_LETTERS_URL", dead_letters.queue_url)
        for grant in spec.grants:
            resource = workshop.resources[grant.resource]
            self.allow(grant.access, resource)
            if grant.variable:
                self.function.add_environment(grant.variable, resource.value)
        self._ring(workshop.alarms, id)

    def allow(self, access_name: str, resource: Resource) -> None:
        """Allow one kind of access to one resource, and the key's use that comes with it."""
        access = ACCESS[access_name]
        self._rights.add_statements(
            iam.PolicyStatement(
                actions=list(access.actions),
                resources=[f"{arn}{access.suffix}" for arn in resource.arns],
            )
        )
        if access.service:
            self._allow_key(access)

    def _allow_key(self, access: Access) -> None:
        # Only through the service that holds the data: the function cannot decrypt anything by itself.
        host = f"{access.service}.{self.function.stack.region}.amazonaws.com"
        self._rights.add_statements(
            iam.PolicyStatement(
                actions=list(access.key_actions),
                resources=[self._key.key_arn],
                conditions={"StringEquals": {"kms:ViaService": host}},
            )
        )

    def _ring(self, alarms: Alarms, id: str) -> None:
        alarms.above(
            f"{id}Errors",
            self.function.metric_errors(period=FIVE_MINUTES),
            threshold=0,
            says=f"{self.spec.name} failed.",
            runbook="function-errors",
        )
        alarms.above(
            f"{id}Throttles",
            self.function.metric_throttles(period=FIVE_MINUTES),
            threshold=0,
            says=f"{self.spec.name} was held back by a concurrency limit.",
            runbook="function-throttles",
        )
        for ring in self.spec.rings:
            alarms.above(
                f"{id}{ring.metric}",
                cloudwatch.Metric(
                    namespace=COUNTED,
                    metric_name=ring.metric,
                    dimensions_map={"service": self.spec.name},
                    statistic="Sum",
                    period=FIVE_MINUTES,
                ),
                threshold=0,
                says=ring.says,
                runbook=ring.runbook,
            )


def role_with_rights(
    scope: Construct, name: str, *, service: str, description: str
) -> tuple[iam.Role, iam.PolicyDocument]:
    """A role that this service assumes, and its rights, which are written into the role itself and grow by statements.

    Give others the role `without_policy_updates`: what the CDK would add on its own is a policy resource more.
    """
    rights = iam.PolicyDocument()
    role = iam.Role(
        scope,
        name,
        assumed_by=iam.ServicePrincipal(service),
        description=description,
        inline_policies={"Rights": rights},
    )
    name_it(role, name)
    return role, rights


def log_group(scope: Construct, name: str, *, key: kms.IKey, prefix: str | None = None) -> logs.LogGroup:
    """A log group kept for 30 days and removed with the stack; `prefix` begins its name where a service asks for it."""
    group = logs.LogGroup(
        scope,
        "Logs" if prefix is None else name,
        log_group_name=None if prefix is None else f"{prefix}{name}",
        retention=logs.RetentionDays.ONE_MONTH,
        removal_policy=RemovalPolicy.DESTROY,
        encryption_key=key,
    )
    name_it(group, name)
    return group


def _code(folder: Path) -> lambda_.Code:
    if not (folder / "handler.py").is_file():
        raise FileNotFoundError(
            f"functions/{folder.name}/handler.py is missing, but infra/functions.py has a row for {folder.name}"
        )
    return lambda_.Code.from_asset(
        str(folder),
        exclude=NOT_SHIPPED,
        # The console's folder links to the files that it serves.
        follow_symlinks=SymlinkFollowMode.ALWAYS,
    )
