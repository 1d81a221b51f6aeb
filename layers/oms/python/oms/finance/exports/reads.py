"""Listing what stands in the export bucket. A batch exists when its manifest does."""

from __future__ import annotations

import re
from datetime import date
from urllib.parse import unquote

from pydantic import BaseModel, ConfigDict

from oms.finance.adapters.export_bucket import ExportBucket
from oms.finance.exports.model import manifests_prefix
from oms.finance.requests import ExportQuery

_MANIFEST = re.compile(r"/batch=(?P<batch>[0-9]{4,})\.json$")


class ListedExport(BaseModel):
    """One manifest: where it lies, and an address from which it may be fetched for 15 minutes."""

    model_config = ConfigDict(frozen=True)
    entity: str
    business_date: date
    batch: int
    manifest: str
    bytes: int
    url: str


class ExportList(BaseModel):
    """A page of manifests by key; `next_cursor` is null at the end."""

    model_config = ConfigDict(frozen=True)
    exports: tuple[ListedExport, ...]
    next_cursor: str | None


def list_exports(bucket: ExportBucket, tenant: str, wanted: ExportQuery) -> ExportList:
    """The manifests of a business date, of one entity or of all, by key."""
    found: list[ListedExport] = []
    for entity in _entities(bucket, tenant) if wanted.entity is None else [wanted.entity]:
        for stored in bucket.objects(manifests_prefix(tenant, entity, wanted.business_date)):
            match = _MANIFEST.search(stored.key)
            if match is None or (wanted.cursor is not None and stored.key <= wanted.cursor):
                continue
            if len(found) == wanted.limit:
                return ExportList(exports=tuple(found), next_cursor=found[-1].manifest)
            found.append(
                ListedExport(
                    entity=entity,
                    business_date=wanted.business_date,
                    batch=int(match["batch"]),
                    manifest=stored.key,
                    bytes=stored.bytes,
                    url=bucket.link(stored.key),
                )
            )
    return ExportList(exports=tuple(found), next_cursor=None)


def _entities(bucket: ExportBucket, tenant: str) -> list[str]:
    root = manifests_prefix(tenant)
    return [unquote(folder.removeprefix(f"{root}entity=").rstrip("/")) for folder in bucket.folders(root)]
