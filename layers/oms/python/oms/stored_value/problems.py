"""What stored value refuses, one class for each cause."""

from __future__ import annotations

from oms.platform.problems import Problem


class BalanceTooLow(Problem):
    status = 409
    code = "insufficient_funds"
    title = "The balance that is free does not cover the amount."
    remedy = "Read the balance and ask for no more than what is available, or pay the rest with another tender."


class ValueExpired(Problem):
    status = 409
    code = "expired_card"
    title = "The gift card or store credit has expired."
    remedy = "Pay with another tender; give money back to another card."


class OtherCurrency(Problem):
    status = 409
    code = "currency_mismatch"
    title = "The gift card or store credit is in another currency."
    remedy = "Pay in the currency of the card, or with another tender."


class OtherKind(Problem):
    status = 409
    code = "tender_mismatch"
    title = "The account is not of the kind that the tender says."
    remedy = "Name a gift card in a tender gift_card and a store credit in a tender store_credit."


class HoldTooLow(Problem):
    status = 409
    code = "amount_exceeds_hold"
    title = "The hold does not cover the amount."
    remedy = "Take or release no more than what is still held."


class RefundTooHigh(Problem):
    status = 409
    code = "credit_exceeds_redeemed"
    title = "More would be given back than was taken."
    remedy = "Give back no more than what was redeemed and not yet given back."


class NotYetBreakage(Problem):
    status = 409
    code = "not_expired_or_dormant"
    title = "The card has neither expired nor been unused for two years."
    remedy = "Recognise breakage after the card's last day, or once it is dormant."


class CardExists(Problem):
    status = 409
    code = "card_exists"
    title = "A card with this number was issued before."
    remedy = "Issue a card with another number, or read the one that exists."
