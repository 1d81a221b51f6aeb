"""Where manifests live, and which labels wait for one, in table `orders`.

| what | pk | sk |
|---|---|---|
| manifest | T#<tenant>#MANIFEST#<id> | MANIFEST |
| manifest of which the carrier has the next word | T#<tenant>#OPENMANIFESTS | MANIFEST#<id> |
| label that was bought, with the manifest that has it | T#<tenant>#LABEL#<id> | LABEL |

Index `by_status`: labels without a manifest by node, provider and carrier (T#<tenant>#UNMANIFESTED#<node>#…), and those
that one has (T#<tenant>#MANIFESTED#<node>#…), then by the node's day on which they were asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date as Day

from oms.carriers.manifests import Manifest, ManifestedLabel
from oms.platform.dynamodb import Database
from oms.platform.principal import tenant_prefix
from oms.platform.writes import Item, Key, Kind, Write, create, put

TABLE, INDEX = "orders", "by_status"


@dataclass(frozen=True, slots=True)
class Bought:
    """A label that was bought: where it waits for a manifest, or which one has it."""

    label: ManifestedLabel
    place: tuple[str, str]
    manifest_id: str | None


def place_of(tenant: str, node_id: str, provider: str, carrier: str, date: Day) -> tuple[str, str]:
    """Where labels of a node, a carrier and a day wait: partition of the index, and how its sort keys begin."""
    return f"{tenant_prefix(tenant)}UNMANIFESTED#{node_id}#{provider}#{carrier}", f"{date.isoformat()}#"


def bought_write(tenant: str, label: ManifestedLabel, place: tuple[str, str]) -> Write:
    """A label waits for a manifest."""
    pk, day = place
    item: Item = {"body": label.model_dump_json(), "place": pk, "day": day}
    return put(TABLE, _label_key(tenant, label.label_id), item | _listed(label, place))


def load_bought(database: Database, tenant: str, label_id: str) -> Bought | None:
    """What is known of a label and its manifest, None where it was not bought or is given back."""
    row = database.get(TABLE, _label_key(tenant, label_id))
    if row is None:
        return None
    held_by = row.get("manifest_id")
    place = (str(row["place"]), str(row["day"]))
    label = ManifestedLabel.model_validate_json(str(row["body"]))
    return Bought(label, place, None if held_by is None else str(held_by))


def given_back_write(tenant: str, bought: Bought) -> Write:
    """A label is to be given back; no manifest has taken it meanwhile."""
    key = _label_key(tenant, bought.label.label_id)
    return Write(Kind.REMOVE, TABLE, key, equals={"gsi1pk": bought.place[0]})


def taken_writes(tenant: str, manifest: Manifest, place: tuple[str, str]) -> list[Write]:
    """The labels of a manifest are its own; none was given back or taken by another one meanwhile."""
    return [
        Write(
            Kind.CHANGE,
            TABLE,
            _label_key(tenant, one.label_id),
            set={"manifest_id": manifest.id, "gsi1pk": _had(place)},
            equals={"gsi1pk": place[0]},
        )
        for one in manifest.labels
    ]


def freed_writes(tenant: str, manifest: Manifest, place: tuple[str, str]) -> list[Write]:
    """The labels of a manifest that the carrier refused wait for another one."""
    return [
        Write(
            Kind.CHANGE,
            TABLE,
            _label_key(tenant, one.label_id),
            set=_listed(one, place),
            unset=("manifest_id",),
            equals={"manifest_id": manifest.id},
        )
        for one in manifest.labels
    ]


def waiting_labels(database: Database, place: tuple[str, str], limit: int) -> list[ManifestedLabel]:
    """Labels that wait for a manifest, as they were asked for; one that was just bought may be missing for a moment."""
    page = database.query_index(TABLE, INDEX, place[0], begins=place[1], limit=limit)
    return [ManifestedLabel.model_validate_json(str(item["body"])) for item in page.items]


def labels_of_day(database: Database, place: tuple[str, str], limit: int) -> list[ManifestedLabel]:
    """Labels of a node, a carrier and a day, whether a manifest has them or not; each of both up to a limit."""
    return [*waiting_labels(database, place, limit), *waiting_labels(database, (_had(place), place[1]), limit)]


def load_manifest(database: Database, tenant: str, manifest_id: str) -> Manifest | None:
    """One manifest as it is stored, or None."""
    row = database.get(TABLE, _manifest_key(tenant, manifest_id))
    return Manifest.model_validate_json(str(row["body"])) if row else None


def manifest_writes(tenant: str, manifest: Manifest, *, is_open: bool) -> Sequence[Write]:
    """A manifest as it is now, held to the version before it; it is listed while the carrier has the next word."""
    item: Item = {"version": manifest.version, "body": manifest.model_dump_json(exclude_defaults=True)}
    key = _manifest_key(tenant, manifest.id)
    listed = Key(_open(tenant), f"MANIFEST#{manifest.id}")
    stored = create(TABLE, key, item) if manifest.version == 1 else put(TABLE, key, item, version=manifest.version - 1)
    return [
        stored,
        put(TABLE, listed, {"since": manifest.requested_at}) if is_open else Write(Kind.REMOVE, TABLE, listed),
    ]


def open_manifests(database: Database, tenant: str) -> Iterator[tuple[str, str]]:
    """Every manifest of which the carrier has the next word, with since when."""
    for row in database.query(TABLE, _open(tenant), begins="MANIFEST#"):
        yield str(row["sk"]).split("#", 1)[1], str(row["since"])


def _listed(label: ManifestedLabel, place: tuple[str, str]) -> Item:
    return {"gsi1pk": place[0], "gsi1sk": f"{place[1]}{label.label_id}"}


def _had(place: tuple[str, str]) -> str:
    return place[0].replace("#UNMANIFESTED#", "#MANIFESTED#", 1)


def _label_key(tenant: str, label_id: str) -> Key:
    return Key(f"{tenant_prefix(tenant)}LABEL#{label_id}", "LABEL")


def _manifest_key(tenant: str, manifest_id: str) -> Key:
    return Key(f"{tenant_prefix(tenant)}MANIFEST#{manifest_id}", "MANIFEST")


def _open(tenant: str) -> str:
    return f"{tenant_prefix(tenant)}OPENMANIFESTS"
