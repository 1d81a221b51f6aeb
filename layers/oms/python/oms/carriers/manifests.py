"""Manifests: the labels of a day that a node hands to a carrier, told to it in one document. Pure.

A carrier takes a label into one manifest only. So the labels are taken with the wish, in one transaction, and are free
again where the carrier refuses it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date as Day
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from oms.carriers.events import ManifestClosed, ManifestRefused, ManifestRequested
from oms.carriers.port import Closed, Declined
from oms.platform.events import EventData
from oms.platform.problems import ActionNotAvailable, Problem

# Each label is a write in the transaction of its manifest, beside the manifest, its place, its fact and its record.
MOST_MANIFESTED = 80


class ManifestStatus(StrEnum):
    """How far a manifest is; REQUESTED comes to an end by itself."""

    REQUESTED = "REQUESTED"
    CLOSED = "CLOSED"
    REFUSED = "REFUSED"


MANIFEST_TRANSITIONS: Mapping[ManifestStatus, frozenset[ManifestStatus]] = {
    ManifestStatus.REQUESTED: frozenset({ManifestStatus.CLOSED, ManifestStatus.REFUSED}),
    ManifestStatus.CLOSED: frozenset(),
    ManifestStatus.REFUSED: frozenset(),
}


class NothingToManifest(Problem):
    status = 409
    code = "nothing_to_manifest"
    title = "No label of this node, carrier and day waits for a manifest."
    remedy = "Name another day or carrier, or buy labels first; nothing was stored."


class LabelManifested(Problem):
    status = 409
    code = "label_manifested"
    title = "The label stands in a manifest."
    remedy = "Ask the carrier for the parcel itself; a label can be voided until a manifest has it."


class ManifestedLabel(BaseModel):
    """A label in a manifest; `reference` is the provider's own name of it."""

    model_config = ConfigDict(frozen=True)
    label_id: str
    tracking_number: str
    reference: str


class Manifest(BaseModel):
    """The manifest of some labels of a node, all of one carrier and bought on one day; instants are RFC 3339 in UTC."""

    model_config = ConfigDict(frozen=True)
    id: str
    node_id: str
    provider: str
    carrier: str
    date: Day
    labels: tuple[ManifestedLabel, ...]
    requested_at: str
    requested_by: str
    status: ManifestStatus = ManifestStatus.REQUESTED
    closed_at: str | None = None
    reference: str | None = None
    url: str | None = None
    # Why the carrier did not take it.
    refused: str | None = None
    version: int = 1

    @property
    def references(self) -> tuple[str, ...]:
        """What the provider calls its labels."""
        return tuple(one.reference for one in self.labels)


def manifest_requested(manifest: Manifest) -> EventData:
    """What is told of a manifest that is to be closed."""
    return ManifestRequested(**_ids(manifest), label_ids=tuple(one.label_id for one in manifest.labels))


def manifest_ended(manifest: Manifest, answer: Closed | Declined, now: str) -> tuple[Manifest, EventData]:
    """The manifest as the carrier has it, or did not take it; raises ActionNotAvailable where it has ended before."""
    if isinstance(answer, Declined):
        after = _moved(manifest, ManifestStatus.REFUSED, refused=answer.code)
        return after, ManifestRefused(**_ids(manifest), refused=answer.code)
    known = {"reference": answer.reference, "url": answer.url}
    after = _moved(manifest, ManifestStatus.CLOSED, closed_at=now, **known)
    return after, ManifestClosed(**_ids(manifest), label_ids=tuple(one.label_id for one in manifest.labels), **known)


def _moved(manifest: Manifest, status: ManifestStatus, **changes: object) -> Manifest:
    if status not in MANIFEST_TRANSITIONS[manifest.status]:
        raise ActionNotAvailable(f"A manifest that is {manifest.status.value} does not become {status.value}.")
    return manifest.model_copy(update={"status": status, "version": manifest.version + 1, **changes})


def _ids(manifest: Manifest) -> dict[str, str]:
    return {
        "manifest_id": manifest.id,
        "node_id": manifest.node_id,
        "provider": manifest.provider,
        "carrier": manifest.carrier,
        "date": manifest.date.isoformat(),
    }
