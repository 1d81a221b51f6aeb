"""What the handlers' code does not say about the routes of gift cards and store credit."""

from __future__ import annotations

from tools import openapi_stored_value as cards
from tools.openapi_shapes import VERSION, Route

MONEY_ROUTES: dict[str, Route] = {
    "POST /v1/gift-cards": Route(
        "Issue a gift card or store credit",
        {201: cards.Card},
        notes=(
            "A sold card is paid for exactly by its tenders; one that is granted needs `gift_cards.grant` too. The "
            "`number` of a card is chosen by whoever sends it, and only a digest of it is kept; a tender of an order "
            "names the card by its number or its id. The last day is over when it is over in every time zone."
        ),
        refusals=(404, 409),
    ),
    "GET /v1/gift-cards/{card_id}": Route(
        "Read a gift card or store credit",
        {200: cards.CardWithMovements},
        notes="With a page of its movements, newest first.",
        refusals=(404,),
    ),
    "POST /v1/gift-cards/{card_id}/breakage": Route(
        "Recognise what will not be used",
        {200: cards.Breakage},
        notes=(
            "Of a card that has expired, or that nobody used for two years. What tenders hold is never touched. "
            "Without `amount`, all that is free is recognised as income."
        ),
        if_match=VERSION,
    ),
}
