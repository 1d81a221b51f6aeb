"""What the handlers' code does not say about the routes of carriers, and the shapes of their answers."""

from __future__ import annotations

from oms.carriers.handover_views import CarrierPickupView, ManifestView
from oms.carriers.views import ClaimView, LabelFileView, LabelView, RatesView
from oms.fulfillment.model import ParcelStatus
from tools.openapi_answers import Answer
from tools.openapi_shapes import VERSION, Route


class UnknownParcel(Answer):
    """What was told last of a parcel that no shipment has; `status_at` is when it was there."""

    provider: str
    message_id: str
    carrier: str | None
    tracking_number: str
    status: ParcelStatus
    status_at: str
    detail: str | None
    parked_at: str


class UnknownParcels(Answer):
    """News of parcels that no shipment has."""

    parcels: list[UnknownParcel]


CARRIER_ROUTES: dict[str, Route] = {
    "POST /v1/fulfillment-orders/{fulfillment_order_id}/rates": Route(
        "Ask a carrier what a package would cost",
        {200: RatesView},
        notes="A question: nothing of it is kept, here or at the carrier. 503 where the carrier did not answer.",
        refusals=(404, 409),
    ),
    "POST /v1/fulfillment-orders/{fulfillment_order_id}/labels": Route(
        "Buy the label of a package",
        {201: LabelView},
        notes=(
            "By the carrier's service that the rate card names under `ships_by` for `service`, or for that of the "
            "work. The wish is stored first and the label bought once, whatever answer is lost: until it is known the "
            "label is REQUESTED, and a repeat of the call says how far it is. What ships without a number of its own "
            "leaves by the labels of its packages."
        ),
        if_match=VERSION,
        refusals=(404, 409),
    ),
    "GET /v1/labels/{label_id}": Route("Read a label", {200: LabelView}, refusals=(404,)),
    "GET /v1/labels/{label_id}/file": Route(
        "Fetch the file of a label",
        {200: LabelFileView},
        notes=(
            "Of a label that is BOUGHT: it is fetched from the carrier once and kept for a month. 503 where the "
            "carrier did not answer."
        ),
        refusals=(404, 409),
    ),
    "POST /v1/labels/{label_id}/void": Route(
        "Give a label back to its carrier",
        {200: LabelView},
        notes="Until a parcel has left with it. A carrier that does not take it back leaves it BOUGHT, with `refused`.",
        if_match=VERSION,
        refusals=(404, 409),
    ),
    "POST /v1/nodes/{node_id}/manifests": Route(
        "Close the manifest of a carrier's labels of a day",
        {201: ManifestView},
        notes=(
            "Of the labels that the node asked for on its day `date` and that stand in no manifest yet, at most 80: "
            "ask again for the rest. It is stored first and closed once, whatever answer is lost; until it is known it "
            "is REQUESTED, and a repeat of the call says how far it is. Its labels cannot be voided any more, unless "
            "the carrier refuses it. A label that was bought a moment ago may be missing."
        ),
        refusals=(404, 409),
    ),
    "GET /v1/nodes/{node_id}/manifests/{manifest_id}": Route("Read a manifest", {200: ManifestView}, refusals=(404,)),
    "POST /v1/nodes/{node_id}/carrier-pickups": Route(
        "Have a carrier come for parcels",
        {201: CarrierPickupView},
        notes=(
            "For the parcels whose labels were asked for on the node's day on which the window begins. It is stored "
            "first and booked once, whatever answer is lost; until it is known it is REQUESTED, and a repeat of the "
            "call says how far it is."
        ),
        refusals=(404, 409),
    ),
    "GET /v1/nodes/{node_id}/carrier-pickups/{pickup_id}": Route(
        "Read a pick-up of a carrier", {200: CarrierPickupView}, refusals=(404,)
    ),
    "POST /v1/nodes/{node_id}/carrier-pickups/{pickup_id}/cancel": Route(
        "Have a carrier not come",
        {200: CarrierPickupView},
        notes="A carrier that does not cancel comes all the same: it stays SCHEDULED, with `refused`.",
        refusals=(404, 409),
    ),
    "POST /v1/parcels/{tracking_number}/claims": Route(
        "Claim units of a parcel that were lost or damaged",
        {201: ClaimView},
        notes=(
            "`reship` sends them again: lines without a price join the order, and whoever has the units gets the work. "
            "`refund` pays them back to what they were paid with. No more can be claimed than was in the parcel, was "
            "not claimed before and has not come back; the stock ledger has the units written off."
        ),
        if_match=VERSION,
        refusals=(404, 409),
    ),
    "GET /v1/parcels/unknown": Route(
        "List parcels that carriers told of and no shipment has",
        {200: UnknownParcels},
        notes="The last news of each tracking number. Somebody has to find out whose they are; it is no node's list.",
        refusals=(404,),
    ),
}
