"""What the handlers' code does not say about the route of devices that come back to the network."""

from __future__ import annotations

from oms.fulfillment.device_views import DeviceActionResults
from tools.openapi_shapes import Route

DEVICE_ROUTES: dict[str, Route] = {
    "POST /v1/nodes/{node_id}/device-actions": Route(
        "Tell what a device did without a network",
        {200: DeviceActionResults},
        notes=(
            "Up to 100 verbs of the node protocol on the node's fulfilment orders (`subject`), each with an id of the "
            "device, which works like the Idempotency-Key of the verb alone, and the device's time. They are taken one "
            "by one, by that time and each after the one it names in `after`, and each is answered: `done`; "
            "`already_done`, where it says nothing new; `conflict`, where it does not fit what others said, with a "
            "task DEVICE_CONFLICT of the node that has both sayings; `refused`, of which nothing is kept: corrected, "
            "or after the moment is over, it is sent again under its id. Lists may overlap, repeat and come in any "
            "order. An action without `lines` means all that is left when it is taken in."
        ),
        refusals=(404,),
    ),
}
