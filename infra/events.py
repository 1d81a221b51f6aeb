"""Events: the domain bus, the store bus, and the queues by which functions hear of what happened.

Rule -> queue -> function, always: a rule tries a function a few times and forgets, a queue keeps its messages.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.constructs.consumers import queue_consumer
from infra.constructs.function import Resource, Workshop
from infra.constructs.queues import QueuePolicy, WorkQueue
from infra.function_spec import FunctionSpec
from infra.functions import QUEUE_CONSUMERS
from infra.intake import ORDER_DROPS, STOCK_DROPS, Intake
from infra.names import name_it, pascal
from infra.settings import Settings

SOURCE = "spine"
# What may put events on the store bus besides ourselves: `store.<node>`, `wms.<node>`, `supplier.<node>`.
NODE_SOURCES = ("store.", "wms.", "supplier.")
# What Stripe tells of payments, refunds, disputes and payouts; all else stays on its bus.
STRIPE_TYPES = ("payment_intent.", "charge.", "refund.", "payout.")
# Where the services of AWS itself say what happened.
SERVICES_BUS = "default"
ARCHIVE_DAYS = 90
# EventBridge's own limits, written out: it tries for a day, then the event goes to the dead letters.
TARGET_RETRIES = 185
TARGET_SECONDS = 86_400


class Buses(Construct):
    """The two buses, and one of Stripe where the account has a partner event source of it.

    Domain events go on both by way of the events table and never otherwise.
    """

    def __init__(self, scope: Construct, id: str, *, key: kms.IKey, stripe_event_source: str | None = None) -> None:
        super().__init__(scope, id)
        self.stripe_event_source = stripe_event_source
        self.domain = self._bus("DomainBus", "What happened in Spine.", key)
        self.store = self._bus("StoreBus", "What Spine and stores, warehouses and suppliers tell each other.", key)

        self.stripe = self._partner_bus(stripe_event_source, key) if stripe_event_source else None

    def _partner_bus(self, source: str, key: kms.IKey) -> events.EventBus:
        """The bus that accepts the partner event source: it is called as the source is."""
        bus = events.EventBus(
            self, "StripeBus", event_source_name=source, description="What Stripe tells this account.", kms_key=key
        )
        name_it(bus, "StripeBus")
        return bus

    def resources(self) -> dict[str, Resource]:
        """What functions may be granted of this."""
        return {
            "bus:domain": Resource((self.domain.event_bus_arn,), self.domain.event_bus_name),
            "bus:store": Resource((self.store.event_bus_arn,), self.store.event_bus_name),
        }

    def _bus(self, name: str, description: str, key: kms.IKey) -> events.EventBus:
        bus = events.EventBus(self, name, description=description, kms_key=key)
        name_it(bus, name)
        return bus

    def keep_undelivered(self, queue: sqs.Queue) -> None:
        """Set aside events that a bus could not encrypt or decrypt, in a queue that has no policy yet."""
        buses = tuple(bus for bus in (self.domain, self.store, self.stripe) if bus is not None)
        for bus in buses:
            bus.node.default_child.dead_letter_config = events.CfnEventBus.DeadLetterConfigProperty(arn=queue.queue_arn)
        QueuePolicy(self, "UndeliveredPolicy", queue).accept_from(*(bus.event_bus_arn for bus in buses))

    def guard(self, publisher_role_arn: str) -> None:
        """Only the publisher speaks as Spine, nobody else but nodes speaks at all, and as Stripe only Stripe does.

        Nothing on a partner bus is signed: whoever could put an event there would be believed.
        """
        as_spine = {"StringEquals": {"events:source": SOURCE}, "ArnNotEquals": {"aws:PrincipalArn": publisher_role_arn}}
        known = [SOURCE, *(f"{prefix}*" for prefix in NODE_SOURCES)]
        self._deny(self.domain, "OnlyThePublisher", {"ArnNotEquals": {"aws:PrincipalArn": publisher_role_arn}})
        self._deny(self.store, "OnlyThePublisherAsSpine", as_spine)
        self._deny(self.store, "OnlyKnownSources", {"StringNotLike": {"events:source": known}})
        if self.stripe is not None:
            self._deny(self.stripe, "OnlyStripe", {})

    def _deny(self, bus: events.EventBus, name: str, conditions: dict[str, Any]) -> None:
        statement = iam.PolicyStatement(
            sid=name,
            effect=iam.Effect.DENY,
            principals=[iam.AnyPrincipal()],
            actions=["events:PutEvents"],
            resources=[bus.event_bus_arn],
            conditions=conditions or None,
        )
        policy = events.CfnEventBusPolicy(
            self,
            name,
            event_bus_name=bus.event_bus_name,
            statement_id=name,
            statement=statement.to_statement_json(),
        )
        name_it(policy, f"{name}Policy")

    def archive(self, key: kms.IKey) -> None:
        """Keep domain events for replay."""
        archive = events.CfnArchive(
            self,
            "Archive",
            source_arn=self.domain.event_bus_arn,
            description="Domain events of the last 90 days.",
            retention_days=ARCHIVE_DAYS,
            kms_key_identifier=key.key_arn,
        )
        name_it(archive, "DomainArchive")


class Consumers(Construct):
    """Every function that works off a queue, with the rules and schedules that fill it."""

    def __init__(
        self, scope: Construct, id: str, *, workshop: Workshop, buses: Buses, intake: Intake, settings: Settings
    ) -> None:
        super().__init__(scope, id)
        self._buses = buses
        self.queues = {spec.name: self._consumer(spec, workshop) for spec in QUEUE_CONSUMERS}
        self._rule(
            "NodeMessages",
            buses.store.event_bus_name,
            {"source": [{"prefix": prefix} for prefix in NODE_SOURCES]},
            self.queues["node_messages"],
        )
        if buses.stripe is not None:
            told = {"source": [buses.stripe_event_source], "detail-type": [{"prefix": kind} for kind in STRIPE_TYPES]}
            self._rule("StripeEvents", buses.stripe.event_bus_name, told, self.queues["psp_events"])
        for kind, prefix in (("stock_files", STOCK_DROPS), ("order_files", ORDER_DROPS)):
            self._rule(f"{pascal(kind)}Dropped", SERVICES_BUS, intake.drops(prefix), self.queues[kind])
        for tenant in settings.tenants:
            self._schedule(
                f"RecoverSagas{pascal(tenant.name)}",
                "rate(5 minutes)",
                self.queues["recover_sagas"],
                _wish(tenant.name, "SagaRecoveryRequested"),
            )
            self._schedule(
                f"ExpireReservations{pascal(tenant.name)}",
                "rate(1 minute)",
                self.queues["expire_reservations"],
                _wish(tenant.name, "ReservationExpiryRequested"),
            )
            self._schedule(
                f"BalanceStock{pascal(tenant.name)}",
                "rate(1 minute)",
                self.queues["balance_stock"],
                _wish(tenant.name, "StockBalanceRequested"),
            )
            self._schedule(
                f"BrokerBacklog{pascal(tenant.name)}",
                "rate(5 minutes)",
                self.queues["broker_backlog"],
                _wish(tenant.name, "BacklogBrokeringRequested"),
            )
            self._schedule(
                f"DailyExport{pascal(tenant.name)}",
                "cron(0 5 * * ? *)",
                self.queues["finance_export"],
                _wish(tenant.name, "FinanceExportRequested"),
            )

    def _consumer(self, spec: FunctionSpec, workshop: Workshop) -> WorkQueue:
        work = queue_consumer(self, spec, workshop)
        name, bus = pascal(spec.name), self._buses.domain.event_bus_name
        # One rule for all that is wanted whole and one for each that is narrowed: a pattern narrows its types alike.
        whole = [wanted for wanted in spec.detail_types if isinstance(wanted, str)]
        if whole:
            self._rule(name, bus, {"source": [SOURCE], "detail-type": whole}, work)
        for detail_type, data in (wanted for wanted in spec.detail_types if not isinstance(wanted, str)):
            pattern = {"source": [SOURCE], "detail-type": [detail_type], "detail": {"data": data}}
            self._rule(f"{name}On{detail_type}", bus, pattern, work)
        return work

    def _rule(self, name: str, bus: str, pattern: Mapping[str, Any], work: WorkQueue) -> None:
        rule = events.CfnRule(
            self,
            f"{name}Rule",
            event_bus_name=bus,
            event_pattern=pattern,
            targets=[_target(work)],
        )
        name_it(rule, f"{name}Rule")
        work.accept_from(rule.attr_arn)

    def _schedule(
        self,
        name: str,
        expression: str,
        work: WorkQueue,
        transformer: events.CfnRule.InputTransformerProperty,
    ) -> None:
        rule = events.CfnRule(
            self, f"{name}Schedule", schedule_expression=expression, targets=[_target(work, transformer)]
        )
        name_it(rule, f"{name}Schedule")
        work.accept_from(rule.attr_arn)


def _target(
    work: WorkQueue, transformer: events.CfnRule.InputTransformerProperty | None = None
) -> events.CfnRule.TargetProperty:
    return events.CfnRule.TargetProperty(
        id="Queue",
        arn=work.queue.queue_arn,
        input_transformer=transformer,
        dead_letter_config=events.CfnRule.DeadLetterConfigProperty(arn=work.dead_letters.queue_arn),
        retry_policy=events.CfnRule.RetryPolicyProperty(
            maximum_retry_attempts=TARGET_RETRIES, maximum_event_age_in_seconds=TARGET_SECONDS
        ),
    )


def _wish(tenant: str, wish: str) -> events.CfnRule.InputTransformerProperty:
    """What a schedule asks for one tenant, shaped like the event that a person's wish becomes.

    A daily export names no business date: it takes every date that ended before the time of the wish. The schedule's
    own event id makes a repeated delivery a repeat.
    """
    meta = {
        "id": "<id>",
        "type": wish,
        "version": 1,
        "occurred_at": "<time>",
        "correlation_id": "<id>",
        "causation_id": "<id>",
        "tenant": tenant,
    }
    message = {
        "source": SOURCE,
        "detail-type": wish,
        "detail": {"meta": meta, "data": {}},
    }
    return events.CfnRule.InputTransformerProperty(
        input_paths_map={"id": "$.id", "time": "$.time"}, input_template=json.dumps(message)
    )
