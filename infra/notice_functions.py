"""The function that tells customers of milestones, and what lets it send from an identity of Amazon SES."""

from __future__ import annotations

from aws_cdk import Arn, ArnComponents, Stack

from infra import grants as g
from infra.constructs.function import Resource, SpineFunction
from infra.function_spec import FunctionSpec, Ring
from infra.settings import Settings

HELD_UP = Ring("NoticesHeldUp", "Customers are not told: the transport takes no notices.", "notices-held-up")
NOTICE_CONSUMERS = (
    FunctionSpec(
        "send_notices",
        "Tells the customer of each milestone of an order once, by e-mail or into the mail folder.",
        (
            *g.COMMAND,
            *g.table("events", "get"),
            *g.table("orders", "get", "batch", "query", "put"),
            *g.table("registry", "batch", "query"),
            *g.WRITE_NOTICES,
        ),
        detail_types=(
            ("OrderPlaced", {"status": ["CONFIRMED", "IN_PROGRESS"]}),
            ("ShipmentShipped", {"mode": ["ship", "pickup", "digital"]}),
            ("OrderLinesCancelled", {"nothing_left": [False]}),
            *("OrderReviewAccepted", "OrderPromiseChanged", "FulfillmentOrderReady", "OrderCancelled"),
            *("FulfillmentOrderCollectionDue", "ParcelDelivered", "FulfillmentOrderPromiseAtRisk"),
            *((kind, {"requested_by": ["policy"]}) for kind in ("AppeasementGranted", "CouponIssued")),
            *("RefundExecuted", "PaymentLinkCreated", "ChoiceOffered", "NoticeQueued"),
        ),
        memory=512,
        timeout=60,
        concurrency=5,
        rings=(HELD_UP,),
        divides_work=True,
    ),
)


def let_send(function: SpineFunction, settings: Settings) -> None:
    """Let the function send from the identity of this deployment; without one it writes into the mail folder."""
    if settings.notice_identity is None or settings.notice_sender is None:
        return
    names = {"identity": settings.notice_identity, "configuration-set": settings.notice_configuration_set}
    stack = Stack.of(function)
    arns = [
        Arn.format(ArnComponents(service="ses", resource=kind, resource_name=name), stack)
        for kind, name in names.items()
        if name
    ]
    function.allow("mail:send", Resource(tuple(arns), settings.notice_identity))
    function.function.add_environment("NOTICE_SENDER", settings.notice_sender)
    if settings.notice_configuration_set:
        function.function.add_environment("NOTICE_CONFIGURATION_SET", settings.notice_configuration_set)
