"""What may differ between two deployments, read from the CDK context and from nowhere else."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from constructs import Node

ROOT = Path(__file__).resolve().parents[1]
LAYER_TARGETS = ("aws", "local")
# As many as the largest body may hold; what is beyond a transaction is placed in chunks.
MOST_LINES = 2_000


@dataclass(frozen=True, slots=True)
class Tenant:
    """A retailer: its name, the channels that sell for it, and the nodes that have a client of their own."""

    name: str
    channels: tuple[str, ...]
    nodes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Settings:
    """One deployment.

    `local` leaves out what the local engine cannot provision (infra/local_gaps.py). `layers` picks the wheels: for
    Lambda (`aws`) or for this machine (`local`). `account` and `region` stay open unless both are given.
    `line_limit` is how many lines an order may have, of a client that no scope allows more. `stripe_event_source` is
    the partner event source that Stripe has offered this account; without it Stripe is heard by webhooks only.
    `notice_identity` is the identity of Amazon SES (a domain or an address) that customers hear from, `notice_sender`
    the address that stands there unless a brand has its own; without both, it goes into the mail folder.
    """

    tenants: tuple[Tenant, ...]
    local: bool
    layers: Path
    functions: Path
    account: str | None
    region: str | None
    domain_prefix: str | None
    line_limit: int
    stripe_event_source: str | None = None
    notice_identity: str | None = None
    notice_sender: str | None = None
    notice_configuration_set: str | None = None

    @classmethod
    def from_context(cls, node: Node) -> Settings:
        """Read the context; a value that makes no sense raises ValueError with the name of the key."""
        target = node.try_get_context("layers") or "aws"
        if target not in LAYER_TARGETS:
            raise ValueError(f"context layers={target!r}: must be one of {', '.join(LAYER_TARGETS)}")
        layers_root = Path(node.try_get_context("layers_root") or ROOT / "build" / "layers")
        return cls(
            tenants=_tenants(node.try_get_context("tenants")),
            local=str(node.try_get_context("local")).lower() == "true",
            layers=layers_root / target,
            functions=Path(node.try_get_context("functions_root") or ROOT / "functions"),
            account=node.try_get_context("account"),
            region=node.try_get_context("region"),
            domain_prefix=node.try_get_context("domain_prefix"),
            line_limit=_line_limit(node.try_get_context("line_limit")),
            stripe_event_source=_stripe_event_source(node.try_get_context("stripe_event_source")),
            **_notices(node),
        )

    @property
    def limits(self) -> dict[str, str]:
        """The limits that functions may ask for, by the name of their environment variable."""
        return {"LINE_LIMIT": str(self.line_limit)}


def _line_limit(context: object) -> int:
    """A whole number, as cdk.json has it or as `-c line_limit=500` gives it."""
    text = str(context)
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= MOST_LINES):
        raise ValueError(f"context line_limit={context!r}: must be a whole number from 1 to {MOST_LINES}")
    return int(text)


def _stripe_event_source(context: object) -> str | None:
    """`aws.partner/stripe.com/ed_…`, as EventBridge lists it among the partner event sources."""
    if context is None:
        return None
    if not re.fullmatch(r"aws\.partner/stripe\.com/[A-Za-z0-9_/.-]{1,200}", str(context)):
        raise ValueError(f"context stripe_event_source={context!r}: must be a partner event source of Stripe")
    return str(context)


def _notices(node: Node) -> dict[str, str | None]:
    """The identity of Amazon SES and the sender, both or none of them, and perhaps a configuration set."""
    patterns = {
        "notice_identity": r"([^@\s]+@)?[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+",
        "notice_sender": r"[^@\s]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+",
        "notice_configuration_set": r"[A-Za-z0-9_-]{1,64}",
    }
    found = {name: node.try_get_context(name) for name in patterns}
    for name, value in found.items():
        if value is not None and not re.fullmatch(patterns[name], str(value)):
            raise ValueError(f"context {name}={value!r}: is none that Amazon SES knows")
    if (found["notice_identity"] is None) != (found["notice_sender"] is None):
        raise ValueError("context notice_identity and notice_sender: both are needed to send, or none of them")
    return found


def _tenants(context: Mapping[str, Mapping[str, list[str]]] | None) -> tuple[Tenant, ...]:
    if not context:
        raise ValueError("context tenants is empty: cdk.json names at least one tenant")
    return tuple(
        Tenant(name, tuple(content["channels"]), tuple(content.get("nodes", ())))
        for name, content in sorted(context.items())
    )
