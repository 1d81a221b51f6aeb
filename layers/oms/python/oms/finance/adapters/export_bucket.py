"""The export bucket: what stands in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from oms.platform.objects import Bucket


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object of the bucket: its key and its size."""

    key: str
    bytes: int


class ExportBucket(Bucket):
    """The bucket named by EXPORT_BUCKET."""

    variable = "EXPORT_BUCKET"

    def objects(self, prefix: str) -> Iterator[StoredObject]:
        """The objects below a prefix, by key."""
        for page in self.client.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=prefix):
            for entry in page.get("Contents", []):
                yield StoredObject(entry["Key"], entry["Size"])

    def folders(self, prefix: str) -> list[str]:
        """The prefixes one level below a prefix."""
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=prefix, Delimiter="/")
        return [entry["Prefix"] for page in pages for entry in page.get("CommonPrefixes", [])]
