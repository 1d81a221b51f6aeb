"""What is said of a function: what starts it, what it may touch, how long and how large it may get."""

from __future__ import annotations

from dataclasses import dataclass

from infra.grants import Grant

# The gateway gives up after 30 seconds, so a function behind it must answer, or stop, a moment before.
GATEWAY_TIMEOUT = 29


@dataclass(frozen=True, slots=True)
class Ring:
    """Something that a function counts in its log and that a person must look at each time."""

    metric: str
    says: str
    runbook: str


@dataclass(frozen=True, slots=True)
class FunctionSpec:
    """One function. `timeout` in seconds, `memory` in MB; `routes` are `METHOD /path` of the HTTP API.

    `detail_types` are the domain events that reach it over its queue, each perhaps narrowed by fields of its data;
    `concurrency` bounds how many batches of that queue run at once. `open_routes` take no token: the function itself
    proves who calls. `layers` are those above the two that all functions have. `later` grants are given
    once the workflows exist, since a workflow must name its task functions first. `limits` name the settings of the
    deployment that the function is told as environment variables. `rings` are what it counts and rings the alarm for.
    One that `sets_aside` puts records among its dead letters by itself and is told where they are; one that
    `divides_work` puts parts of it on its own queue and is told where that is.
    """

    name: str
    purpose: str
    grants: tuple[Grant, ...] = ()
    routes: tuple[str, ...] = ()
    open_routes: tuple[str, ...] = ()
    detail_types: tuple[str | tuple[str, dict[str, list[str]]], ...] = ()
    memory: int = 256
    timeout: int = 30
    concurrency: int | None = None
    batch: int = 10
    layers: tuple[str, ...] = ()
    later: tuple[Grant, ...] = ()
    limits: tuple[str, ...] = ()
    rings: tuple[Ring, ...] = ()
    sets_aside: bool = False
    divides_work: bool = False
