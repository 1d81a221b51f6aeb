"""Refuse to patch an engine that is not the one the patches were written for.

Every patch replaces a name inside MiniStack. If a name is gone, or the code around it changed, the patch
might do nothing or do harm, so the start stops with one sentence that names what is missing.
"""

from __future__ import annotations

import inspect
from importlib import metadata
from typing import Any

ENGINE_VERSION = "1.5.33"


class AnchorMissing(RuntimeError):
    """The engine lacks something a patch holds on to."""


def require_version() -> None:
    """Stop unless exactly the pinned engine is installed."""
    try:
        found = metadata.version("ministack")
    except metadata.PackageNotFoundError:
        raise AnchorMissing(
            f"MiniStack is not installed in this Python; install ministack[full]=={ENGINE_VERSION}."
        ) from None
    if found != ENGINE_VERSION:
        raise AnchorMissing(
            f"MiniStack {found} is installed but the local patches are written for {ENGINE_VERSION}; "
            "install that version, or review local/engine and run the conformance test."
        )


def require(owner: Any, *names: str) -> None:
    """Stop unless `owner` (a module or class) has every one of `names`."""
    for name in names:
        if not hasattr(owner, name):
            raise AnchorMissing(f"MiniStack {ENGINE_VERSION} has no {_label(owner)}.{name}, which a patch needs.")


def require_source(function: Any, *fragments: str) -> None:
    """Stop unless the source text of `function` contains every one of `fragments`."""
    try:
        text = inspect.getsource(function)
    except (OSError, TypeError):
        raise AnchorMissing(f"The source of {_label(function)} cannot be read, so a patch cannot check it.") from None
    for fragment in fragments:
        if fragment not in text:
            raise AnchorMissing(f"MiniStack's {_label(function)} no longer contains `{fragment}`, which a patch needs.")


def _label(thing: Any) -> str:
    module = getattr(thing, "__module__", None)
    name = getattr(thing, "__qualname__", None) or getattr(thing, "__name__", repr(thing))
    return f"{module}.{name}" if module else str(name)
