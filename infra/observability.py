"""Observability: a dashboard for the front door, and one for what is behind it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.api import Api
from infra.constructs.function import SpineFunction, Workshop
from infra.events import Consumers
from infra.inventory_stream import InventoryStream
from infra.life_cycles import LifeCycles
from infra.names import name_it

_MINUTE = Duration.minutes(1)


class Dashboard(Construct):
    """Functions, queues, workflows, streams: each row answers "is this room keeping up?"."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        workshop: Workshop,
        consumers: Consumers,
        life_cycles: LifeCycles,
        inventory: InventoryStream,
    ) -> None:
        super().__init__(scope, id)
        made = list(workshop.made.values())
        followers = [one for one in made if one.spec.name in ("publish_events", "inventory_stream", "stock_levels")]
        queues = consumers.queues.values()
        dashboard = cloudwatch.Dashboard(
            self,
            "Dashboard",
            widgets=[
                _function_graphs(made),
                [
                    _graph("Oldest message (s)", [work.metric_age() for work in queues]),
                    _graph(
                        "Set aside",
                        [work.dead_letters.metric_approximate_number_of_messages_visible() for work in queues],
                    ),
                    _graph("Behind the streams (ms)", [_iterator_age(one.function.function_name) for one in followers]),
                ],
                [
                    _graph("Order workflows", _runs(life_cycles.order)),
                    _graph("Fulfilment workflows", _runs(life_cycles.fulfillment)),
                    _graph("Payment workflows", _runs(life_cycles.payment)),
                    _graph("Return workflows", _runs(life_cycles.return_by_post)),
                    _graph("Stock movements on the stream", [inventory.stream.metric_incoming_records(period=_MINUTE)]),
                ],
            ],
        )
        name_it(dashboard, "Dashboard")


class DoorDashboard(Construct):
    """The same of the front door: requests, and the functions that answer them."""

    def __init__(self, scope: Construct, id: str, *, api: Api, workshop: Workshop) -> None:
        super().__init__(scope, id)
        dashboard = cloudwatch.Dashboard(
            self,
            "Dashboard",
            widgets=[
                [
                    _graph("Requests", [api.http.metric_count(period=_MINUTE)]),
                    _graph(
                        "Refused and failed",
                        [api.http.metric_client_error(period=_MINUTE), api.http.metric_server_error(period=_MINUTE)],
                    ),
                    _graph(
                        "Answer time (ms)",
                        [api.http.metric_latency(statistic=level, period=_MINUTE) for level in ("p50", "p99")],
                    ),
                ],
                _function_graphs(list(workshop.made.values())),
            ],
        )
        name_it(dashboard, "DoorDashboard")


def _function_graphs(made: Sequence[SpineFunction]) -> list[cloudwatch.IWidget]:
    return [
        _graph("Function errors", [one.function.metric_errors(period=_MINUTE) for one in made]),
        _graph("Function throttles", [one.function.metric_throttles(period=_MINUTE) for one in made]),
        _graph(
            "Function duration p99 (ms)",
            [one.function.metric_duration(statistic="p99", period=_MINUTE) for one in made],
        ),
    ]


def _graph(title: str, metrics: Iterable[cloudwatch.IMetric]) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(title=title, left=list(metrics), width=8)


def _runs(machine: sfn.StateMachine) -> list[cloudwatch.Metric]:
    return [
        machine.metric_started(period=_MINUTE),
        machine.metric_succeeded(period=_MINUTE),
        machine.metric_failed(period=_MINUTE),
    ]


def _iterator_age(function_name: str) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace="AWS/Lambda",
        metric_name="IteratorAge",
        dimensions_map={"FunctionName": function_name},
        statistic="Maximum",
        period=_MINUTE,
    )
