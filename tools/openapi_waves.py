"""What the handlers' code does not say about pick waves."""

from __future__ import annotations

from oms.waves.views import WaveView
from tools.openapi_shapes import VERSION, Route

WAVE_ROUTES: dict[str, Route] = {
    "POST /v1/nodes/{node_id}/waves": Route(
        "Make a pick wave",
        {201: WaveView},
        notes=(
            "Of work that waits and is due first; each piece of work is in one wave only, and the node accepts it. A "
            "`single` wave takes orders of one unit, a `multi_order` one is picked together into totes, a `normal` one "
            "order by order. The pick sheet is in walking order. The body may be empty."
        ),
        refusals=(404, 409),
    ),
    "GET /v1/nodes/{node_id}/waves/{wave_id}": Route("Read a pick wave", {200: WaveView}),
    "POST /v1/nodes/{node_id}/waves/{wave_id}/close": Route(
        "Close a pick wave",
        {200: WaveView},
        notes="Work of which something is left to pick goes back to the queue. The body may be empty.",
        if_match=VERSION,
    ),
}
