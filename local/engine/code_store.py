"""Unpacked function and layer code, shared by every worker process.

MiniStack unpacks code and layers anew for each worker. A layer of dependencies is thousands of files, and
fresh files have no compiled bytecode, so every cold start paid seconds for both. Code is addressed by its
hash and read-only in Lambda, so one folder serves all workers and Python compiles it once.
"""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import tempfile
import threading
import zipfile
from pathlib import Path

PREFIX = "spine-engine-"


class CodeStore:
    """Folders of unpacked archives under one directory that belongs to this process."""

    def __init__(self) -> None:
        sweep_abandoned()
        self.root = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))
        self._lock = threading.Lock()
        self._unpacking: dict[str, threading.Lock] = {}

    def folder(self, archive: bytes) -> str:
        """The folder that holds `archive` (the bytes of a zip file), unpacked on first use."""
        digest = hashlib.sha256(archive).hexdigest()[:24]
        target = self.root / digest
        with self._lock:
            one_at_a_time = self._unpacking.setdefault(digest, threading.Lock())
        with one_at_a_time:
            if not target.is_dir():
                _unpack(archive, target)
        return str(target)

    def remove(self) -> None:
        shutil.rmtree(self.root, ignore_errors=True)


def _unpack(archive: bytes, target: Path) -> None:
    staging = target.with_suffix(".part")
    with zipfile.ZipFile(io.BytesIO(archive)) as bundle:
        inside = staging.resolve()
        for member in bundle.namelist():
            if not (staging / member).resolve().is_relative_to(inside):
                raise RuntimeError(f"archive entry {member!r} points outside its folder")
        bundle.extractall(staging)
    staging.rename(target)


def sweep_abandoned() -> None:
    """Remove folders of launchers that were killed and could not tidy up themselves."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        owner = folder.name.removeprefix(PREFIX).split("-")[0]
        if owner.isdigit() and not _alive(int(owner)):
            shutil.rmtree(folder, ignore_errors=True)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
