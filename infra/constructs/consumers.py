"""Consumers: how a queue or a stream reaches its function, with retries bounded and failures set aside."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.constructs.alarms import FIVE_MINUTES
from infra.constructs.function import Resource, Workshop
from infra.constructs.queues import WorkQueue, dead_letter_queue
from infra.function_spec import FunctionSpec
from infra.names import name_it, pascal

# Older records are set aside: well within the 24 hours for which a stream keeps them.
MOST_RECORD_AGE = Duration.hours(6)
# The largest number that Lambda takes: nothing is given up while the age limit still allows it.
AGE_DECIDES = 10_000
STREAM_BATCH = 100


def queue_consumer(scope: Construct, spec: FunctionSpec, workshop: Workshop) -> WorkQueue:
    """A function with a queue of its own; only the messages that it reports as failed come back."""
    name = pascal(spec.name)
    work = WorkQueue(scope, name, key=workshop.key, alarms=workshop.alarms, function_timeout=spec.timeout)
    function = workshop.make(scope, spec, work.dead_letters)
    function.allow("queue:consume", Resource((work.queue.queue_arn,), work.queue.queue_url))
    if spec.divides_work:
        function.allow("queue:send", Resource((work.queue.queue_arn,), work.queue.queue_url))
        function.function.add_environment("QUEUE_URL", work.queue.queue_url)
    mapping = lambda_.EventSourceMapping(
        work,
        "Mapping",
        target=function.function,
        event_source_arn=work.queue.queue_arn,
        batch_size=spec.batch,
        max_batching_window=Duration.seconds(0),
        max_concurrency=spec.concurrency,
        report_batch_item_failures=True,
    )
    name_it(mapping, f"{name}Mapping")
    return work


def stream_consumer(
    scope: Construct,
    spec: FunctionSpec,
    workshop: Workshop,
    *,
    access: str,
    stream_arn: str,
    parallel: int,
    window: int = 0,
) -> sqs.Queue:
    """A function that follows a stream from its beginning, `parallel` batches of a shard at a time.

    It waits up to `window` seconds for a batch to fill.

    A batch that fails is halved until the bad record stands alone; after six hours its position goes
    to a queue, which is returned, and the others go on.
    """
    name = pascal(spec.name)
    failures = dead_letter_queue(scope, f"{name}DeadLetters", key=workshop.key, alarms=workshop.alarms)
    function = workshop.make(scope, spec, failures)
    function.allow(access, Resource((stream_arn,), stream_arn))
    mapping = lambda_.CfnEventSourceMapping(
        scope,
        f"{name}Mapping",
        function_name=function.function.function_name,
        event_source_arn=stream_arn,
        starting_position="TRIM_HORIZON",
        batch_size=STREAM_BATCH,
        maximum_batching_window_in_seconds=window,
        parallelization_factor=parallel,
        bisect_batch_on_function_error=True,
        maximum_retry_attempts=AGE_DECIDES,
        maximum_record_age_in_seconds=MOST_RECORD_AGE.to_seconds(),
        function_response_types=["ReportBatchItemFailures"],
        destination_config=lambda_.CfnEventSourceMapping.DestinationConfigProperty(
            on_failure=lambda_.CfnEventSourceMapping.OnFailureProperty(destination=failures.queue_arn)
        ),
    )
    name_it(mapping, f"{name}Mapping")
    workshop.alarms.above(
        f"{name}IteratorAge",
        cloudwatch.Metric(
            namespace="AWS/Lambda",
            metric_name="IteratorAge",
            dimensions_map={"FunctionName": function.function.function_name},
            statistic="Maximum",
            period=FIVE_MINUTES,
        ),
        threshold=Duration.minutes(10).to_milliseconds(),
        says=f"{spec.name} is more than ten minutes behind its stream.",
        runbook="iterator-age",
    )
    return failures
