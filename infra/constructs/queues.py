"""Queues: encrypted, over TLS only, each work queue with a dead-letter queue that rings when anything lies in it.

A queue has one policy: of two resources for one queue the later would silently replace the earlier. SQS takes 20
statements and 10 conditions in a policy, so only queues that are fed by the same rules share one (decision 34).
"""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.constructs.alarms import FIVE_MINUTES, Alarms
from infra.names import name_it

# A message that failed this often is set aside for a person.
MOST_RECEIVES = 5
DEAD_LETTER_DAYS = 14


class QueuePolicy(Construct):
    """The one policy of these queues: plain HTTP is refused, and of AWS's own services only what is let in may send.

    Its statements are the same for each of the queues, and none reaches further than the queue that carries it: `*`
    in a queue's policy is that queue.
    """

    def __init__(self, scope: Construct, name: str, *queues: sqs.IQueue) -> None:
        super().__init__(scope, f"{name}Parts")
        policy = sqs.QueuePolicy(self, "Policy", queues=list(queues))
        name_it(policy, name)
        self._document = policy.document
        self._document.add_statements(
            iam.PolicyStatement(
                effect=iam.Effect.DENY,
                principals=[iam.AnyPrincipal()],
                actions=["sqs:*"],
                resources=["*"],
                conditions={"Bool": {"aws:SecureTransport": "false"}},
            )
        )

    def accept_from(self, *arns: str) -> None:
        """Let EventBridge send here on behalf of these rules or buses."""
        self._document.add_statements(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal("events.amazonaws.com")],
                actions=["sqs:SendMessage"],
                resources=["*"],
                conditions={"ArnEquals": {"aws:SourceArn": list(arns)}},
            )
        )


def dead_letter_queue(scope: Construct, name: str, *, key: kms.IKey, alarms: Alarms) -> sqs.Queue:
    """A queue for what could not be handled; one message in it is worth a look. Whoever makes it gives it a policy."""
    queue = sqs.Queue(
        scope,
        name,
        encryption=sqs.QueueEncryption.KMS,
        encryption_master_key=key,
        data_key_reuse=Duration.hours(1),
        retention_period=Duration.days(DEAD_LETTER_DAYS),
    )
    name_it(queue, name)
    alarms.above(
        f"{name}Depth",
        queue.metric_approximate_number_of_messages_visible(period=FIVE_MINUTES, statistic="Maximum"),
        threshold=0,
        says=f"Work was set aside in {name}.",
        runbook="dead-letters",
    )
    return queue


class WorkQueue(Construct):
    """A queue and its dead-letter queue, for one function.

    A message stays hidden for six times the function's timeout, as Lambda asks, so that it is not handled twice while
    a first attempt is still running.
    """

    def __init__(self, scope: Construct, name: str, *, key: kms.IKey, alarms: Alarms, function_timeout: int) -> None:
        super().__init__(scope, f"{name}Work")
        self.dead_letters = dead_letter_queue(self, f"{name}DeadLetters", key=key, alarms=alarms)
        self.queue = sqs.Queue(
            self,
            "Queue",
            encryption=sqs.QueueEncryption.KMS,
            encryption_master_key=key,
            data_key_reuse=Duration.hours(1),
            visibility_timeout=Duration.seconds(6 * function_timeout),
            retention_period=Duration.days(4),
            dead_letter_queue=sqs.DeadLetterQueue(queue=self.dead_letters, max_receive_count=MOST_RECEIVES),
        )
        name_it(self.queue, f"{name}Queue")
        self._policy = QueuePolicy(self, f"{name}QueuePolicy", self.queue, self.dead_letters)

    def accept_from(self, rule_arn: str) -> None:
        """Let one EventBridge rule send here; what it cannot deliver goes to the dead letters."""
        self._policy.accept_from(rule_arn)

    def metric_age(self) -> cloudwatch.Metric:
        """How long the oldest message has waited, in seconds."""
        return self.queue.metric_approximate_age_of_oldest_message(period=FIVE_MINUTES, statistic="Maximum")
