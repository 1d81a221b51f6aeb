"""What the handlers' code does not say about drafts: what they answer, and when they end."""

from __future__ import annotations

from oms.drafts.views import DraftLink, DraftView, SharedDraft
from oms.orders.views import OrderSummary
from tools.openapi_shapes import CONFIGURATION, VERSION, Route

DRAFT_ROUTES: dict[str, Route] = {
    "POST /v1/drafts": Route(
        "Make a draft of an order, or a quote",
        {201: DraftView},
        notes=(
            "The body of an order, checked like one, and for how many days it is valid (2 unless said). Nothing is "
            "held or asked for until it is submitted. With `quote_number` it is a quote."
        ),
    ),
    "GET /v1/drafts/{draft_id}": Route("Read a draft", {200: DraftView}),
    "PUT /v1/drafts/{draft_id}": Route(
        "Replace the content of a draft",
        {200: DraftView},
        notes="It is valid anew from now on. One that was placed or has expired is refused with `draft_over`.",
        if_match=CONFIGURATION,
    ),
    "POST /v1/drafts/{draft_id}/submit": Route(
        "Place a draft as an order",
        {201: OrderSummary, 200: OrderSummary},
        notes=(
            "Once, with the prices of the draft; `payments` replace its own. A repeat is answered with the order, and "
            "what placing an order refuses leaves the draft as it is."
        ),
        if_match=VERSION,
    ),
    "POST /v1/drafts/{draft_id}/link": Route(
        "Make a link on which the customer sees a draft and pays it",
        {201: DraftLink},
        notes="Valid for as long as the draft is when the link is made. Its name is told in this answer only.",
        if_match=VERSION,
    ),
    "GET /v1/draft-links/{name}": Route(
        "See a draft by its link",
        {200: SharedDraft},
        notes=(
            "Takes no token: the name of the link is all that is needed, and it opens nothing else. It shows what is "
            "offered and nothing of any person. A name that no link has, and one whose time is over, are unknown."
        ),
    ),
    "POST /v1/draft-links/{name}": Route(
        "Pay a draft by its link",
        {201: OrderSummary, 200: OrderSummary},
        notes=(
            "Takes no token, as above. It places the order, once: a second click is answered with the same order, and "
            "another card for it with `draft_over`."
        ),
    ),
}
