"""The first stack: every concern behind the door, in the order in which they need each other."""

from __future__ import annotations

from aws_cdk import Environment, Stack
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.catalog import Catalog
from infra.constructs.alarms import Alarms, alarm_topic
from infra.constructs.consumers import stream_consumer
from infra.constructs.function import Resource, Workshop
from infra.constructs.layers import layers
from infra.constructs.queues import QueuePolicy, dead_letter_queue
from infra.data import Data, Key
from infra.events import Buses, Consumers
from infra.functions import FUNCTIONS
from infra.identity import Identity
from infra.intake import Intake
from infra.inventory_stream import InventoryStream
from infra.life_cycles import LifeCycles
from infra.names import DOOR
from infra.notice_functions import let_send
from infra.observability import Dashboard
from infra.outputs import outputs
from infra.settings import Settings

# For how many seconds changes of stock are gathered before levels are summed up.
LEVELS_WAIT = 5


class SpineStack(Stack):
    """Data, buses, workflows and their functions, and who may come in; the HTTP API is in `door`."""

    def __init__(self, scope: Construct, id: str, *, settings: Settings) -> None:
        super().__init__(
            scope,
            id,
            env=Environment(account=settings.account, region=settings.region),
            description="Spine: a serverless omnichannel order management system.",
            termination_protection=not settings.local,
        )
        key = Key(self, "Encryption").key
        alarms = Alarms(self, "Alarms", topic=alarm_topic(self, key=key))
        self.workshop = workshop = Workshop(
            functions=settings.functions,
            layers=layers(self, settings.layers, "broker", "export"),
            key=key,
            alarms=alarms,
            calls=dead_letter_queue(self, "CallDeadLetters", key=key, alarms=alarms),
            limits=settings.limits,
        )
        data = Data(self, "Data", key=key)
        intake = Intake(self, "Intake", key=key, access_logs=data.access_logs)
        buses = Buses(self, "Buses", key=key, stripe_event_source=settings.stripe_event_source)
        inventory = InventoryStream(self, "Inventory", key=key)
        workshop.resources |= data.resources() | buses.resources() | intake.resources()

        life_cycles = LifeCycles(self, "LifeCycles", workshop=workshop)
        consumers = Consumers(self, "Consumers", workshop=workshop, buses=buses, intake=intake, settings=settings)
        webhooks = consumers.queues["send_webhooks"].queue
        workshop.resources |= {"queue:webhooks": Resource((webhooks.queue_arn,), webhooks.queue_url)}
        writers = (workshop.made[name].role.role_arn for name in ("stock_files", "order_files", "send_notices"))
        # The door gives nothing back, so its role is known by how CloudFormation names it.
        labeller = self.format_arn(service="iam", region="", resource="role", resource_name=f"{DOOR}-FulfillmentRole-*")
        intake.guard(*writers, labeller)
        let_send(workshop.made["send_notices"], settings)
        unpublished, *unread = self._follow_streams(workshop, data, inventory)
        buses.keep_undelivered(unpublished)
        QueuePolicy(self, "DeadLettersPolicy", workshop.calls, *unread)
        self.identity = Identity(self, "Identity", settings=settings)
        if not settings.local:
            buses.guard(workshop.made["publish_events"].role.role_arn)
            buses.archive(key)
            Catalog(self, "Catalog", bucket_name=data.bucket.bucket_name)
        Dashboard(
            self,
            "Observability",
            workshop=workshop,
            consumers=consumers,
            life_cycles=life_cycles,
            inventory=inventory,
        )
        outputs(
            self,
            identity=self.identity,
            data=data,
            intake=intake,
            buses=buses,
            inventory=inventory,
            life_cycles=life_cycles,
            consumers=consumers,
            workshop=workshop,
        )

    def _follow_streams(self, workshop: Workshop, data: Data, inventory: InventoryStream) -> list[sqs.Queue]:
        """The outbox in one line of batches, since events of one entity must not overtake each other; stock in two.

        Levels of stock are for browsing: they wait some seconds, so that an item that is sold often is summed up once.
        Returns where each sets aside what failed, the outbox first.
        """
        outbox = stream_consumer(
            self,
            FUNCTIONS["publish_events"],
            workshop,
            access="table:follow",
            stream_arn=data.tables["events"].table_stream_arn,
            parallel=1,
        )
        # Messages may come twice and in any order: whoever takes one reads the events themselves.
        told = stream_consumer(
            self,
            FUNCTIONS["queue_webhooks"],
            workshop,
            access="table:follow",
            stream_arn=data.tables["events"].table_stream_arn,
            parallel=1,
        )
        movements = stream_consumer(
            self,
            FUNCTIONS["inventory_stream"],
            workshop,
            access="stream:follow",
            stream_arn=inventory.stream.stream_arn,
            parallel=2,
        )
        levels = stream_consumer(
            self,
            FUNCTIONS["stock_levels"],
            workshop,
            access="table:follow",
            stream_arn=data.tables["stock"].table_stream_arn,
            parallel=2,
            window=LEVELS_WAIT,
        )
        return [outbox, told, movements, levels]
