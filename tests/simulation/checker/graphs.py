"""INV6: the states of orders, work and tenders, and the edges between them, declared from the words of the design.

An order's status follows from its parts: it goes back from IN_PROGRESS to CONFIRMED when the only node that had begun
lets go of the work, and a review ends wherever the goods are by then. No edge leaves a terminal state but the declared
reopenings of a tender: one that failed, ran out or was used up is authorised anew, also where what it took was given
back since (and ends as given back when the rest is let go), and an approval that came after its tender was closed is
recorded, to be given back. A complete order goes on in the one commit that adds lines for what was lost. TILL is where
a sale begins: with all that has happened by then; TOLD is where an order of the past does.
"""

from __future__ import annotations

Graph = dict[str | None, frozenset[str]]


def _graph(text: str) -> Graph:
    graph: Graph = {}
    for row in text.strip().splitlines():
        state, _, following = row.partition(":")
        graph[None if state.strip() == "-" else state.strip()] = frozenset(following.split())
    return graph


ORDER = _graph("""
    -: PENDING_REVIEW CONFIRMED
    TILL: PENDING_REVIEW CONFIRMED IN_PROGRESS COMPLETED
    TOLD: COMPLETED CANCELLED
    DRAFT: PENDING_REVIEW CONFIRMED CANCELLED
    PENDING_REVIEW: CONFIRMED IN_PROGRESS COMPLETED CANCELLED
    CONFIRMED: PENDING_REVIEW IN_PROGRESS COMPLETED CANCELLED
    IN_PROGRESS: PENDING_REVIEW CONFIRMED COMPLETED CANCELLED
    COMPLETED:
    CANCELLED:
""")
FULFILLMENT_ROLLUP = _graph("""
    -: UNFULFILLED
    TILL: UNFULFILLED PARTIALLY_FULFILLED FULFILLED
    TOLD: UNFULFILLED FULFILLED
    UNFULFILLED: PARTIALLY_FULFILLED FULFILLED
    PARTIALLY_FULFILLED: FULFILLED
    FULFILLED:
""")
# What was lost on its way is sent again: what was complete goes on.
SENT_AGAIN = ORDER | {"COMPLETED": frozenset({"IN_PROGRESS"})}
GOES_ON = FULFILLMENT_ROLLUP | {"FULFILLED": frozenset({"PARTIALLY_FULFILLED"})}
PAYMENT_ROLLUP = _graph("""
    -: UNPAID PENDING AUTHORIZED PARTIALLY_CAPTURED CAPTURED PARTIALLY_REFUNDED REFUNDED VOIDED EXPIRED FAILED
""")[None]
WORK = _graph("""
    -: SCHEDULED OPEN ACCEPTED ON_HOLD
    SCHEDULED: OPEN ON_HOLD REJECTED CANCELLED REPLACED
    ON_HOLD: SCHEDULED OPEN CANCELLED REPLACED
    OPEN: SCHEDULED ON_HOLD ACCEPTED PICKING PACKED READY IN_TRANSIT COMPLETED REJECTED CANCELLED REPLACED
    ACCEPTED: SCHEDULED ON_HOLD REPLACED PICKING PACKED READY IN_TRANSIT COMPLETED REJECTED INCOMPLETE CANCELLED
    PICKING: REPLACED PACKED READY IN_TRANSIT COMPLETED REJECTED INCOMPLETE CANCELLED
    PACKED: PICKING READY IN_TRANSIT COMPLETED INCOMPLETE CANCELLED
    READY: PACKED COMPLETED INCOMPLETE CANCELLED
    IN_TRANSIT: READY COMPLETED INCOMPLETE
    COMPLETED:
    REJECTED:
    INCOMPLETE:
    CANCELLED:
    REPLACED:
""")
TENDER = _graph("""
    -: CREATED
    TILL: CAPTURED
    CREATED: ACTION_REQUIRED AUTHORIZED FAILED UNKNOWN VOIDED
    UNKNOWN: ACTION_REQUIRED AUTHORIZED FAILED VOIDED
    ACTION_REQUIRED: AUTHORIZED FAILED VOIDED EXPIRED
    AUTHORIZED: CAPTURE_PENDING PARTIALLY_CAPTURED CAPTURED PARTIALLY_REFUNDED REFUNDED VOIDED EXPIRED
    CAPTURE_PENDING: AUTHORIZED PARTIALLY_CAPTURED CAPTURED PARTIALLY_REFUNDED REFUNDED EXPIRED
    PARTIALLY_CAPTURED: CAPTURE_PENDING CAPTURED PARTIALLY_REFUNDED REFUNDED
    CAPTURED: CREATED PARTIALLY_REFUNDED REFUNDED
    PARTIALLY_REFUNDED: CREATED REFUNDED
    REFUNDED: CREATED
    VOIDED: AUTHORIZED
    EXPIRED: CREATED
    FAILED: CREATED VOIDED
""")

LABEL = _graph("""
    -: REQUESTED
    REQUESTED: BOUGHT REFUSED
    BOUGHT: VOID_REQUESTED
    VOID_REQUESTED: VOIDED BOUGHT
    REFUSED:
    VOIDED:
""")
MANIFEST = _graph("""
    -: REQUESTED
    REQUESTED: CLOSED REFUSED
    CLOSED:
    REFUSED:
""")
# A parcel that was delivered, or is on its way back, stays so.
PARCEL = _graph("""
    IN_TRANSIT: OUT_FOR_DELIVERY ATTEMPTED EXCEPTION RETURNING DELIVERED
    OUT_FOR_DELIVERY: IN_TRANSIT ATTEMPTED EXCEPTION RETURNING DELIVERED
    ATTEMPTED: IN_TRANSIT OUT_FOR_DELIVERY EXCEPTION RETURNING DELIVERED
    EXCEPTION: IN_TRANSIT OUT_FOR_DELIVERY ATTEMPTED RETURNING DELIVERED
    RETURNING:
    DELIVERED:
""")

# A return by post; one that has ended is opened again.
RETURN = _graph("""
    -: REQUESTED APPROVED
    REQUESTED: APPROVED DECLINED CANCELLED
    APPROVED: IN_TRANSIT RECEIVED CLOSED CANCELLED
    IN_TRANSIT: RECEIVED CLOSED
    RECEIVED: INSPECTED CLOSED
    INSPECTED: RECEIVED CLOSED
    DECLINED: APPROVED
    CANCELLED: APPROVED
    CLOSED: APPROVED IN_TRANSIT INSPECTED
""")


def is_edge(graph: Graph, before: str | None, after: str) -> bool:
    """Whether a state may follow another; to stay is no step."""
    return before == after or after in graph.get(before, frozenset())
