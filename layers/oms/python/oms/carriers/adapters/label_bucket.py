"""Where the files of labels are kept to be printed: below `labels/` in the bucket of files, for some weeks."""

from __future__ import annotations

from oms.platform.effects import TransientFailure, Unknown
from oms.platform.objects import Bucket

PREFIX = "labels/"
_TYPES = {"pdf": "application/pdf", "zpl": "application/zpl"}


class LabelBucket(Bucket):
    """The bucket named by INTAKE_BUCKET; a file lies there once under its key, whatever is written again."""

    variable = "INTAKE_BUCKET"

    def keep(self, key: str, content: bytes, form: str) -> bytes:
        """Store a file unless one lies under its key, and return the one that does.

        Raises TransientFailure while nobody knows whether one does.
        """
        kept = self._put(key, content, _TYPES[form])
        found = None if isinstance(kept, Unknown) else self.find(key)
        if found is None:
            raise TransientFailure(f"{key} was not stored")
        return found


def key_of(tenant: str, label_id: str, form: str) -> str:
    """Under which key the file of a label lies."""
    return f"{PREFIX}{tenant}/{label_id}.{form}"
