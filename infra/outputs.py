"""Outputs: what people, tests and the local run need to know of a deployed stack."""

from __future__ import annotations

from aws_cdk import Aws, CfnOutput, Stack

from infra.api import Api
from infra.constructs.function import Workshop
from infra.data import Data
from infra.events import Buses, Consumers
from infra.identity import Identity
from infra.intake import Intake
from infra.inventory_stream import InventoryStream
from infra.life_cycles import LifeCycles
from infra.names import pascal


def outputs(
    stack: Stack,
    *,
    identity: Identity,
    data: Data,
    intake: Intake,
    buses: Buses,
    inventory: InventoryStream,
    life_cycles: LifeCycles,
    consumers: Consumers,
    workshop: Workshop,
) -> None:
    """Write every output of the first stack; names end in what they are (Url, Id, Name, Arn)."""
    values = {
        "UserPoolId": identity.pool.user_pool_id,
        "TokenDomain": identity.domain.domain_name,
        "TokenUrl": f"https://{identity.domain.domain_name}.auth.{Aws.REGION}.amazoncognito.com/oauth2/token",
        "DomainBusName": buses.domain.event_bus_name,
        "StoreBusName": buses.store.event_bus_name,
        "ExportBucketName": data.bucket.bucket_name,
        "IntakeBucketName": intake.bucket.bucket_name,
        "InventoryStreamName": inventory.stream.stream_name,
        "OrderWorkflowArn": life_cycles.order.state_machine_arn,
        "FulfillmentWorkflowArn": life_cycles.fulfillment.state_machine_arn,
        "PaymentWorkflowArn": life_cycles.payment.state_machine_arn,
        "ReturnWorkflowArn": life_cycles.return_by_post.state_machine_arn,
        "PspSecretArn": data.secret_arn,
        "CarrierSecretArn": data.carrier_secret_arn,
        "WebhookSecretArn": data.webhook_secret_arn,
        "ActivationSecretArn": data.activation_secret_arn,
        "AlarmTopicArn": workshop.alarms.topic.topic_arn,
    }
    values |= {f"{pascal(name)}TableName": table.table_name for name, table in data.tables.items()}
    values |= {f"{pascal(name)}QueueUrl": work.queue.queue_url for name, work in consumers.queues.items()}
    values |= {
        f"{pascal(name)}DeadLettersUrl": made.dead_letters.queue_url
        for name, made in workshop.made.items()
        if made.dead_letters is not workshop.calls
    }
    values["CallDeadLettersUrl"] = workshop.calls.queue_url
    values |= {f"{pascal(name)}ClientId": client.user_pool_client_id for name, client in identity.clients.items()}
    _write(stack, values, workshop)


def door_outputs(stack: Stack, *, api: Api, workshop: Workshop) -> None:
    """The same of the door."""
    _write(stack, {"ApiUrl": api.url}, workshop)


def _write(stack: Stack, values: dict[str, str], workshop: Workshop) -> None:
    values |= {f"{pascal(name)}FunctionName": made.function.function_name for name, made in workshop.made.items()}
    for name, value in values.items():
        output = CfnOutput(stack, f"{name}Output", value=value)
        output.override_logical_id(name)
