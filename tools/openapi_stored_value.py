"""Shapes of answers about gift cards and store credit that the product builds as plain documents."""

from __future__ import annotations

from datetime import date
from typing import Literal

from oms.stored_value.model import Kind, MovementKind, Reason, State
from tools.openapi_answers import Answer


class CardMovement(Answer):
    """One change of a card; the kind says what became of the amount. `reference` names the hold or the cause."""

    id: str
    kind: MovementKind
    amount: int
    at: str
    order_id: str | None
    payment_id: str | None
    reference: str | None


class Card(Answer):
    """A gift card or store credit; amounts in minor units of `currency`. `balance` = `available` + `held`."""

    id: str
    kind: Kind
    state: State
    currency: str
    issued: int
    balance: int
    available: int
    held: int
    reason: Reason
    legal_entity: str
    selling_node: str
    channel: str
    issued_at: str
    expires_on: date | None
    version: int
    available_actions: list[Literal["recognize_breakage"]]


class CardWithMovements(Card):
    """The same with a page of its movements."""

    movements: list[CardMovement]
    next_cursor: str | None


class Breakage(Card):
    """The card after some of it was recognised as income."""

    breakage_id: str
    recognized: int
