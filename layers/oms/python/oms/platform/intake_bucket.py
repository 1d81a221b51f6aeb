"""The intake bucket: files that others drop below a prefix for each kind of file, and our results below `results/`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from oms.platform.objects import Bucket

_PIECE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class DroppedFile:
    """A file as it was dropped: the version of its object, which never changes, and its bytes piece by piece."""

    version: str
    pieces: Iterator[bytes]


class IntakeBucket(Bucket):
    """The bucket named by INTAKE_BUCKET."""

    variable = "INTAKE_BUCKET"

    def open(self, key: str, version: str | None) -> DroppedFile:
        """A dropped file; without a version the latest one, as the local engine does not say which was dropped."""
        chosen = {} if version is None else {"VersionId": version}
        found = self.client.get_object(Bucket=self.name, Key=key, **chosen)
        return DroppedFile(str(found["VersionId"]), _pieces(found["Body"]))

    def read_range(self, key: str, version: str, first: int, last: int) -> bytes:
        """The bytes of a dropped file from the first to the last position, both included."""
        wanted = f"bytes={first}-{last}"
        found = self.client.get_object(Bucket=self.name, Key=key, VersionId=version, Range=wanted)
        content = bytes(found["Body"].read())
        # HTTP allows to answer with the whole object, and the local engine does so when a version is named.
        return content if "ContentRange" in found else content[first : last + 1]


def _pieces(body: Any) -> Iterator[bytes]:
    with body:
        while piece := body.read(_PIECE):
            yield piece
