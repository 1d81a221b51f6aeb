"""Closing manifests: a command for the wish, an effect at the carrier, a command for its answer."""

from __future__ import annotations

from oms.carriers.commands import OWN_RUN, Carriers
from oms.carriers.handover_views import ManifestView, manifest_view
from oms.carriers.manifest_rows import (
    freed_writes,
    load_manifest,
    manifest_writes,
    open_manifests,
    place_of,
    taken_writes,
    waiting_labels,
)
from oms.carriers.manifests import (
    MOST_MANIFESTED,
    Manifest,
    ManifestStatus,
    NothingToManifest,
    manifest_ended,
    manifest_requested,
)
from oms.carriers.port import Closed, Declined, NoTrace
from oms.carriers.requests import ManifestRequest
from oms.fulfillment.finding import READ, WRITE
from oms.platform.clock import format_instant, parse_instant
from oms.platform.commands import Call, Decision, Outcome, Runtime, execute
from oms.platform.consumers import call_from_workflow
from oms.platform.effects import Effect, Intent, perform
from oms.platform.events import EventData, EventDraft
from oms.platform.observability import logger
from oms.platform.principal import Principal, authorize, tenant_prefix
from oms.platform.problems import ActionNotAvailable, NotFound
from oms.platform.writes import Write
from oms.registry.reads import known_nodes


def request_manifest(
    runtime: Runtime, carriers: Carriers, call: Call, node_id: str, request: ManifestRequest
) -> Outcome:
    """Take the labels of a day that wait into a manifest; `settle_manifest` closes it. The answer is a ManifestView.

    Raises NotFound for a node that is not the caller's, NothingToManifest where no label waits, ActionNotAvailable for
    a carrier that takes no manifests.
    """

    def decide() -> Decision:
        require_node(runtime, call.principal, WRITE, node_id)
        if not carriers(request.provider).capabilities.manifest:
            raise ActionNotAvailable(f"{request.provider} takes no manifests.")
        place = place_of(call.tenant, node_id, request.provider, request.carrier, request.date)
        labels = waiting_labels(runtime.database, place, MOST_MANIFESTED)
        if not labels:
            raise NothingToManifest()
        manifest = Manifest(
            id=runtime.ids.new("mft"),
            node_id=node_id,
            labels=tuple(labels),
            requested_at=format_instant(runtime.clock.now()),
            requested_by=call.principal.actor,
            **request.model_dump(),
        )
        writes = taken_writes(call.tenant, manifest, place)
        return _decision(call.tenant, manifest, manifest_requested(manifest), writes, status=201)

    return execute(runtime, call, decide)


def settle_manifest(runtime: Runtime, carriers: Carriers, tenant: str, manifest_id: str) -> None:
    """Bring a manifest that is open to its end: it is closed once however often this is called.

    Raises TransientFailure while nobody knows how the carrier ended it.
    """
    manifest = load_manifest(runtime.database, tenant, manifest_id)
    if manifest is None or manifest.status is not ManifestStatus.REQUESTED:
        return
    carrier = carriers(manifest.provider)

    def record(answer: Closed | Declined) -> None:
        def decide() -> Decision:
            found = load_manifest(runtime.database, tenant, manifest_id)
            if found is None or found.status is not ManifestStatus.REQUESTED:
                return Decision([], body={"done": "nothing"})
            after, told = manifest_ended(found, answer, format_instant(runtime.clock.now()))
            place = place_of(tenant, found.node_id, found.provider, found.carrier, found.date)
            freed = freed_writes(tenant, found, place) if after.status is ManifestStatus.REFUSED else []
            return _decision(tenant, after, told, freed)

        execute(runtime, call_from_workflow("end_manifest", tenant, manifest_id), decide)

    # A manifest that is open stays listed until its answer is recorded, so a doubt needs no mark of its own.
    effect = Effect[Closed | Declined, None](
        lambda: carrier.manifest(manifest.references),
        lambda: carrier.find_manifest(manifest.references),
        lambda reason: None,
        record,
    )
    done = perform(Intent(manifest_id, f"manifest {manifest_id}"), effect)
    assert not isinstance(done, NoTrace), "a manifest that is open is asked for"


def settle_open_manifests(runtime: Runtime, carriers: Carriers, tenant: str) -> int:
    """Take up every manifest that its own call left open; answers how many came to an end. One harms no other."""
    done = 0
    for manifest_id, since in list(open_manifests(runtime.database, tenant)):
        if runtime.clock.now() - parse_instant(since) < OWN_RUN:
            continue
        try:
            settle_manifest(runtime, carriers, tenant, manifest_id)
            done += 1
        except Exception as error:  # noqa: BLE001
            # Whatever it is, the manifest stays listed and the others get their turn.
            logger().exception("manifest not settled", manifest_id=manifest_id, error_type=type(error).__name__)
    return done


def see_manifest(runtime: Runtime, principal: Principal, node_id: str, manifest_id: str) -> ManifestView:
    """A manifest of the caller's node as it is; unknown or somebody else's raises NotFound."""
    require_node(runtime, principal, READ, node_id)
    manifest = load_manifest(runtime.database, principal.tenant, manifest_id)
    if manifest is None or manifest.node_id != node_id:
        raise NotFound(f"There is no manifest {manifest_id} of {node_id}.")
    return manifest_view(manifest)


def require_node(runtime: Runtime, principal: Principal, permission: str, node_id: str) -> None:
    """Let the caller do this for a node; one that is unknown or somebody else's raises NotFound."""
    authorize(principal, permission, f"{tenant_prefix(principal.tenant)}MANIFEST#", node=node_id)
    if node_id not in known_nodes(runtime.database, principal.tenant, runtime.clock.now(), named=[node_id]):
        raise NotFound(f"There is no node {node_id}.")


def _decision(tenant: str, manifest: Manifest, told: EventData, more: list[Write], *, status: int = 200) -> Decision:
    is_open = manifest.status is ManifestStatus.REQUESTED
    writes = [*manifest_writes(tenant, manifest, is_open=is_open), *more]
    event = EventDraft(f"MANIFEST#{manifest.id}", manifest.version, told)
    return Decision(writes, [event], status, manifest_view(manifest).model_dump(mode="json"))
