"""Why goodwill is refused; nothing changes then."""

from __future__ import annotations

from oms.payments.refunds import OverRefund as OverRefund
from oms.platform.problems import Problem


class OrderCap(Problem):
    status = 409
    code = "order_cap"
    title = "All goodwill on the order would come to more than a quarter of its goods."
    remedy = "Take goods back, or correct their price; nobody may grant more than this."


class RoleLimit(Problem):
    status = 409
    code = "role_limit"
    title = "It is more than this role may grant."
    remedy = "Ask for less, or let somebody decide whose role allows it."


class SelfApproval(Problem):
    status = 409
    code = "self_approval"
    title = "Nobody approves what they asked for themselves."
    remedy = "Let another person decide."


class Undelivered(Problem):
    status = 409
    code = "undelivered"
    title = "Nothing of it has been delivered, or all of it came back."
    remedy = "Grant it when the goods have left, or cancel what will not be delivered."


class AlreadyPending(Problem):
    status = 409
    code = "appeasement_pending"
    title = "Another request for goodwill on this order waits for approval."
    remedy = "Let somebody decide on it first; it expires after 72 hours."
