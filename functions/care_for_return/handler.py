"""CareForReturn, the task of the return workflow: what is due is done, and it is said when to come again."""

from __future__ import annotations

from typing import Any

from oms.platform.clock import seconds_until
from oms.platform.commands import Runtime
from oms.returns.caring import care_for_return

runtime = Runtime()


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    again = care_for_return(runtime, event["tenant"], event["return_id"])
    return {"wait_seconds": seconds_until(again, runtime.clock.now())}
