"""The routes of licence pools, for the API description."""

from __future__ import annotations

from oms.activations.views import LicencePoolView, LicencesLoadedView
from tools.openapi_shapes import Route

ACTIVATION_ROUTES: dict[str, Route] = {
    "POST /v1/items/{sku}/licences": Route(
        "Load licence codes of a digital item",
        {200: LicencesLoadedView},
        refusals=(404,),
        notes=(
            "For an item with `activation.by` `licence_pool`. Each code is given to one unit of one order, once. A "
            "code that was loaded before, given or not, is counted as `known` and changes nothing. No answer shows a "
            "code."
        ),
    ),
    "GET /v1/items/{sku}/licences": Route("Read how many licence codes of an item are free", {200: LicencePoolView}),
}
