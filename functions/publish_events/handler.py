"""The stream of table `events`: every stored fact goes onto the domain bus, what nodes need onto the store bus too."""

from __future__ import annotations

from typing import Any

from oms.platform.publisher import publish_batch


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return publish_batch(event["Records"])
