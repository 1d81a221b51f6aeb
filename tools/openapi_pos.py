"""Routes of tills, and shapes of answers about them that the product builds as plain documents."""

from __future__ import annotations

from datetime import date

from oms.orders.model import Status
from oms.platform.fields import Instant
from oms.pos.requests import Kind
from tools.openapi_answers import Answer
from tools.openapi_shapes import Route


class NumberGap(Answer):
    """First and last of the numbers that are missing."""

    first: int
    last: int


class WorkstationNumbers(Answer):
    """The numbers of a workstation's transactions on a business date; what is missing lies between first and last."""

    workstation: str
    first: int | None
    last: int | None
    transactions: int
    missing: int
    gaps: list[NumberGap]


class UnknownStock(Answer):
    """Units that were sold and that our stock did not have on hand."""

    sku: str
    quantity: int


class PosTransaction(Answer):
    """A transaction that was taken in; of a sale, the order that it became and its status then.

    Of a return, the order that it is of, the return with its refund, and what is `owed` for it.
    """

    id: str
    node_id: str
    workstation: str
    business_date: date
    sequence: int
    type: Kind
    order_id: str | None
    order_status: Status | None
    external_id: str | None
    unknown_stock: list[UnknownStock]
    return_id: str | None = None
    refund_id: str | None = None
    owed: int | None = None
    numbers: WorkstationNumbers


class PosConflict(Answer):
    """A transaction as it was told otherwise than before, and when; fields that have their usual value are left out."""

    told_at: Instant
    transaction: dict[str, object]


class PosWorkstations(Answer):
    """The workstations of a store that told of a business date, and what of it waits for a person."""

    node_id: str
    business_date: date
    workstations: list[WorkstationNumbers]
    conflicts: list[PosConflict]


POS_ROUTES: dict[str, Route] = {
    "POST /v1/pos/transactions": Route(
        "Record a transaction of a till",
        {201: PosTransaction, 200: PosTransaction},
        notes=(
            "Store, workstation, business date and sequence name it: the same again is answered with 200, and another "
            "content under the same name is refused and kept for a person. A sale becomes an order of the channel "
            "`store`; its external id is `{node_id}:{workstation}:{business_date}:{sequence}`. What was carried out is "
            "delivered, paid and off the shelf at once, whatever our stock says; lines with another method are planned "
            "as in any order, and what nobody has waits for a review. Tenders and exchange credits pay `totals.total` "
            "and `rounding`, and a credit may be a part of what its refund owes. A sale with a `selling_node` is the "
            "order of that site, and its company's, whoever's drawer took the money. A return names its order, or the "
            "receipt of its sale: the store has the units, and `tenders` are what the till paid out of what is owed: "
            "all of its cash, or on the card that a till took; what it did not pay is paid as after any return. "
            "Without an order it is refused with 422. With `drawer_session_id` the cash is expected in that session; "
            "one that was closed is stated anew. The other types only take their number."
        ),
        refusals=(404, 409),
    ),
    "GET /v1/pos/workstations": Route(
        "See which numbers of tills are missing",
        {200: PosWorkstations},
        notes="Of one store and business date. A till may count on from day to day: its first number is not missing.",
        refusals=(404,),
    ),
}
