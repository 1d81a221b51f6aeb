"""The door: the second stack, with the HTTP API, the functions behind it and what watches them (decision 34).

It takes tables, buses, key and the rest from the first stack and gives nothing back, so the two are deployed in
one order and never wait for each other.
"""

from __future__ import annotations

from dataclasses import replace

from aws_cdk import Environment, Stack
from constructs import Construct

from infra.api import Api
from infra.constructs.alarms import Alarms
from infra.constructs.layers import layers
from infra.observability import DoorDashboard
from infra.outputs import door_outputs
from infra.settings import Settings
from infra.stack import SpineStack


class SpineDoor(Stack):
    """Everything that answers HTTP."""

    def __init__(self, scope: Construct, id: str, *, settings: Settings, core: SpineStack) -> None:
        super().__init__(
            scope,
            id,
            env=Environment(account=settings.account, region=settings.region),
            description="Spine: its HTTP API and the functions behind it.",
            termination_protection=not settings.local,
        )
        alarms = Alarms(self, "Alarms", topic=core.workshop.alarms.topic)
        workshop = replace(core.workshop, alarms=alarms, made={}, layers=layers(self, settings.layers, "papers"))
        api = Api(self, "Api", workshop=workshop, identity=core.identity)
        DoorDashboard(self, "Observability", api=api, workshop=workshop)
        door_outputs(self, api=api, workshop=workshop)
