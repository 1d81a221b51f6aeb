"""Life cycles: the state machines that carry an order from placed to captured, the one that waits for its money, and
the one that waits for what comes back by post.

Their definitions are plain files in workflows/; the template fills in which functions they call.
"""

from __future__ import annotations

from aws_cdk import (
    aws_iam as iam,
)
from aws_cdk import (
    aws_stepfunctions as sfn,
)
from constructs import Construct

from infra.constructs.alarms import FIVE_MINUTES
from infra.constructs.function import Resource, Workshop, log_group, role_with_rights
from infra.functions import WORKFLOW_TASKS
from infra.grants import ACCESS
from infra.names import name_it, pascal, wait_for_nothing_more
from infra.settings import ROOT

DEFINITIONS = ROOT / "infra" / "workflows"
# Step Functions delivers logs only to groups whose names begin so, without a resource policy each.
VENDED_LOGS = "/aws/vendedlogs/states/spine-"
# Which functions each workflow calls.
ORDER_TASKS = ("source_order", "authorize_payment")
PAYMENT_TASKS = ("care_for_payment",)
RETURN_TASKS = ("care_for_return",)
FULFILLMENT_TASKS = ("release_fulfillment", "capture_payment", "reroute_fulfillment", "escalate_fulfillment")
# What Step Functions asks of a workflow's role to trace its runs and to deliver its logs; none of it knows a resource.
TRACE = (
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
)
DELIVER_LOGS = (
    "logs:CreateLogDelivery",
    "logs:GetLogDelivery",
    "logs:UpdateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:DescribeResourcePolicies",
    "logs:DescribeLogGroups",
)


class LifeCycles(Construct):
    """The order workflow (Express, seconds), those of fulfilment, payment and returns (Standard, days), with tasks."""

    def __init__(self, scope: Construct, id: str, *, workshop: Workshop) -> None:
        super().__init__(scope, id)
        self._workshop = workshop
        for spec in WORKFLOW_TASKS:
            workshop.make(self, spec)
        self.fulfillment = self._workflow("Fulfillment", sfn.StateMachineType.STANDARD, FULFILLMENT_TASKS)
        self.payment = self._workflow("Payment", sfn.StateMachineType.STANDARD, PAYMENT_TASKS)
        self.return_by_post = self._workflow("Return", sfn.StateMachineType.STANDARD, RETURN_TASKS)
        start = ACCESS["workflow:start"]
        self.order = self._workflow(
            "Order",
            sfn.StateMachineType.EXPRESS,
            ORDER_TASKS,
            {"FulfillmentWorkflow": self.fulfillment.state_machine_arn},
            iam.PolicyStatement(actions=list(start.actions), resources=[self.fulfillment.state_machine_arn]),
        )
        workshop.resources |= self.resources()
        self._grant_later()

    def resources(self) -> dict[str, Resource]:
        """What functions may be granted of this."""
        return {
            f"workflow:{name}": Resource((machine.state_machine_arn,), machine.state_machine_arn)
            for name, machine in (
                *(("order", self.order), ("fulfillment", self.fulfillment), ("payment", self.payment)),
                ("return", self.return_by_post),
            )
        }

    def _workflow(
        self,
        name: str,
        kind: sfn.StateMachineType,
        tasks: tuple[str, ...],
        substitutions: dict[str, str] | None = None,
        *statements: iam.PolicyStatement,
    ) -> sfn.StateMachine:
        functions = {task: self._workshop.made[task].function for task in tasks}
        role, rights = role_with_rights(
            self,
            f"{name}WorkflowRole",
            service="states.amazonaws.com",
            description=f"What the {name.lower()} workflow may do.",
        )
        rights.add_statements(
            iam.PolicyStatement(
                actions=["lambda:InvokeFunction"],
                resources=[function.function_arn for function in functions.values()],
            ),
            *statements,
            iam.PolicyStatement(actions=[*TRACE, *DELIVER_LOGS], resources=["*"]),
        )
        machine = sfn.StateMachine(
            self,
            f"{name}Workflow",
            state_machine_type=kind,
            definition_body=sfn.DefinitionBody.from_string((DEFINITIONS / f"{name.lower()}.asl.json").read_text()),
            definition_substitutions={
                **{pascal(task): function.function_arn for task, function in functions.items()},
                **(substitutions or {}),
            },
            role=role.without_policy_updates(),
            tracing_enabled=True,
            logs=sfn.LogOptions(
                destination=log_group(self, f"{name}WorkflowLogs", key=self._workshop.key, prefix=VENDED_LOGS),
                # Ids are in every event already; a line for each state of each order would cost more than the order.
                level=sfn.LogLevel.ERROR,
                include_execution_data=False,
            ),
        )
        name_it(machine, f"{name}Workflow")
        wait_for_nothing_more(machine)
        self._ring(name, machine)
        return machine

    def _ring(self, name: str, machine: sfn.StateMachine) -> None:
        for word, metric in (("Failed", machine.metric_failed), ("TimedOut", machine.metric_timed_out)):
            self._workshop.alarms.above(
                f"{name}Workflow{word}",
                metric(period=FIVE_MINUTES),
                threshold=0,
                says=f"A run of the {name.lower()} workflow did not end well.",
                runbook="workflow-failures",
            )

    def _grant_later(self) -> None:
        """Grants that name a workflow to its own tasks: in a policy of their own, which no function waits for.

        The workflow names the function and the function its role, so the role itself cannot name the workflow.
        """
        for spec in WORKFLOW_TASKS:
            for number, grant in enumerate(spec.later):
                policy = iam.Policy(
                    self,
                    f"{pascal(spec.name)}Later{number}",
                    roles=[self._workshop.made[spec.name].role],
                    statements=[
                        iam.PolicyStatement(
                            actions=list(ACCESS[grant.access].actions),
                            resources=list(self._workshop.resources[grant.resource].arns),
                        )
                    ],
                )
                name_it(policy, f"{pascal(spec.name)}LaterPolicy{number or ''}")
