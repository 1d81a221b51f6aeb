"""What adapters of foreign tills tell, held against the shapes of our messages."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from oms.drawers.requests import CloseDrawerMessage, CountDrawerMessage, DrawerMovementMessage, EndDrawerMessage
from oms.platform.intake import validate
from oms.platform.problems import FieldError
from oms.pos.foreign import ADAPTERS
from oms.pos.requests import TransactionMessage
from oms.pos.told import Told

SAMPLES = Path(__file__).parent / "tills"
# The vendors' own files, where they lie beside the clone.
PAYLOADS = Path(__file__).parents[3] / "shared" / "payloads"
CHICAGO = ZoneInfo("America/Chicago")
SHAPES: dict[str, Any] = {
    "RecordPosTransaction": TransactionMessage,
    "RecordDrawerMovement": DrawerMovementMessage,
    "EndDrawer": EndDrawerMessage,
    "CountDrawer": CountDrawerMessage,
    "CloseDrawer": CloseDrawerMessage,
}


def told_by(adapter: str, body: Any) -> list[Told]:
    """What an adapter tells; every message of it has the shape that its name asks for."""
    found = list(ADAPTERS[adapter](body, CHICAGO))
    errors = [one for one in found if isinstance(one, FieldError)]
    assert errors == []
    told = [one for one in found if isinstance(one, Told)]
    for one in told:
        if one.message in SHAPES:
            validate(SHAPES[one.message], {**one.data, **({"session_id": "drw_1"} if one.of else {})})
    return told


def errors_of(adapter: str, body: Any) -> list[tuple[str, str]]:
    return [(one.pointer, one.code) for one in ADAPTERS[adapter](body, CHICAGO) if isinstance(one, FieldError)]
