"""What the handlers' code does not say about the routes of nodes: supply, capacity, pick waves and cash drawers."""

from __future__ import annotations

from tools import openapi_drawers as drawers
from tools import openapi_stock as stock
from tools import openapi_supply as supply
from tools.openapi_devices import DEVICE_ROUTES
from tools.openapi_papers import PAPER_ROUTES
from tools.openapi_shapes import CONFIGURATION, VERSION, Route
from tools.openapi_tasks import TASK_ROUTES
from tools.openapi_waves import WAVE_ROUTES

NODE_ROUTES: dict[str, Route] = {
    **WAVE_ROUTES,
    **PAPER_ROUTES,
    "PUT /v1/supply/{supply_id}": Route(
        "Put supply",
        {201: supply.SupplyDocument, 200: supply.SupplyDocument},
        notes=(
            "A purchase order, a supplier's shipment notice, which takes units over from its order, or a transfer, "
            "whose node keeps its units for it. All lines are stated; a line that is left out is given up as far as it "
            "has not left or arrived. Up to 500 lines; what does not fit one transaction is done in parts, each once."
        ),
        if_match=CONFIGURATION,
    ),
    "GET /v1/supply/{supply_id}": Route("Read supply", {200: supply.SupplyDocument}),
    "GET /v1/supply": Route("See what is to come of an item", {200: supply.ComingOfItem}, refusals=(404,)),
    "POST /v1/supply/{supply_id}/dispatch": Route(
        "Say what of a transfer has left", {200: supply.SupplyDocument}, if_match=VERSION
    ),
    "POST /v1/supply/{supply_id}/receipts": Route(
        "Say what has arrived",
        {200: supply.SupplyDocument},
        notes="More may come than was expected. Units in good order can be sold at once; damaged ones are kept apart.",
        if_match=VERSION,
    ),
    "POST /v1/supply/{supply_id}/close": Route(
        "Say that nothing more will come", {200: supply.SupplyDocument}, if_match=VERSION
    ),
    "GET /v1/nodes/{node_id}/capacity": Route(
        "Read what a node may still take on",
        {200: stock.NodeCapacity},
        notes="Its limits in the present periods of its own time zone, what its work has taken of them, and its pause.",
    ),
    "POST /v1/nodes/{node_id}/pause": Route(
        "Let a node take nothing on",
        {200: stock.NodeCapacity},
        notes="New orders, promises and baskets pass it over; what it has it keeps. Without `until`, until it resumes.",
    ),
    **TASK_ROUTES,
    **DEVICE_ROUTES,
    "POST /v1/nodes/{node_id}/resume": Route("Let a paused node take work on again", {200: stock.NodeCapacity}),
    "POST /v1/drawers/{drawer_id}/sessions": Route(
        "Open a cash drawer",
        {201: drawers.DrawerSession},
        notes=(
            "With a float from the safe, in minor units. The business date is that of the store's own day, which ends "
            "at 04:00, when the drawer is opened; the session keeps it. A drawer has one open session."
        ),
        refusals=(404, 409),
    ),
    "GET /v1/drawers/{drawer_id}/sessions": Route(
        "List the sessions of a cash drawer",
        {200: drawers.DrawerSessionList},
        notes="Newest first, of one store and perhaps of one business date.",
        refusals=(404,),
    ),
    "GET /v1/drawer-sessions/{session_id}": Route(
        "Read a drawer session",
        {200: drawers.DrawerSessionWithStatements},
        notes=(
            "`expected`, `variance` and `totals` are null until the session is closed, but for whoever may approve it "
            "and neither opened nor counted it. `gaps` are numbers that its tills left out."
        ),
    ),
    "GET /v1/drawer-sessions/{session_id}/movements": Route(
        "List the movements of a closed drawer session",
        {200: drawers.DrawerMovementList},
        notes="Of one till, newest first; that of the session where none is named.",
        refusals=(409,),
    ),
    "POST /v1/drawer-sessions/{session_id}/movements": Route(
        "Record a movement of cash",
        {201: drawers.RecordedMovement, 200: drawers.RecordedMovement},
        notes=(
            "`sequence` is the till's own number, from 1 for each till and business date. The same movement told again "
            "is answered with 200 and changes nothing; another one under its number is refused. Only while the session "
            "is open. A cash refund with a `refund_id` pays what an order owes in cash: exactly that amount, once."
        ),
        if_match=VERSION,
    ),
    "POST /v1/drawer-sessions/{session_id}/end": Route(
        "End a drawer session",
        {200: drawers.DrawerSession},
        notes="Nobody adds to it any more, and the drawer can be opened anew.",
        if_match=VERSION,
    ),
    "POST /v1/drawer-sessions/{session_id}/counts": Route(
        "Count a drawer",
        {200: drawers.DrawerSession},
        notes="By coins and notes of the session's currency, up to three times; the last count holds.",
        if_match=VERSION,
    ),
    "POST /v1/drawer-sessions/{session_id}/close": Route(
        "Close a counted drawer session",
        {200: drawers.DrawerSession},
        notes=(
            "A variance of more than two whole units of the currency needs `drawers.approve`, and somebody who neither "
            "opened nor counted the drawer."
        ),
        if_match=VERSION,
    ),
    "POST /v1/drawer-sessions/{session_id}/restatements": Route(
        "State a closed drawer session anew",
        {201: drawers.DrawerSession},
        notes=(
            "Because of a movement that came late or of a corrected count, by somebody who neither opened nor counted "
            "the drawer. The statement before it stays."
        ),
        if_match=VERSION,
    ),
}
