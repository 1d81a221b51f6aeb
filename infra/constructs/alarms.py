"""Alarms: each goes to one topic and says in its text which page of the runbook to open."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk.aws_cloudwatch_actions import SnsAction
from constructs import Construct

from infra.names import name_it

RUNBOOK = "docs/operations.md"


class Alarms(Construct):
    """The alarms of a stack, and the topic that they ring."""

    def __init__(self, scope: Construct, id: str, *, topic: sns.ITopic) -> None:
        super().__init__(scope, id)
        self.topic = topic

    def above(
        self,
        id: str,
        metric: cloudwatch.IMetric,
        *,
        threshold: float,
        says: str,
        runbook: str,
        periods: int = 1,
    ) -> cloudwatch.Alarm:
        """Ring when the metric is over the threshold for so many periods; silence of the metric is good news."""
        alarm = cloudwatch.Alarm(
            self,
            id,
            metric=metric,
            threshold=threshold,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
            evaluation_periods=periods,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
            alarm_description=f"{says} Runbook: {RUNBOOK}#{runbook}",
        )
        alarm.add_alarm_action(SnsAction(self.topic))
        return alarm


def alarm_topic(scope: Construct, *, key: kms.IKey) -> sns.Topic:
    """The topic that operators subscribe to."""
    topic = sns.Topic(scope, "Topic", master_key=key, enforce_ssl=True, display_name="Spine alarms")
    name_it(topic, "AlarmTopic")
    # A resource policy replaces the default one, so the account's own alarms are let in by name.
    topic.add_to_resource_policy(
        iam.PolicyStatement(
            sid="AlarmsOfThisAccount",
            principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
            actions=["sns:Publish"],
            resources=[topic.topic_arn],
            conditions={"StringEquals": {"aws:SourceAccount": topic.stack.account}},
        )
    )
    return topic


FIVE_MINUTES = Duration.minutes(5)
