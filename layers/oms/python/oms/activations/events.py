"""What is told of activations and of the licences that they are made of. No code is ever told."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from oms.platform.events import EventData


class LicencesLoaded(EventData):
    """Codes of an item came into its pool; `known` ones were there before."""

    sku: str
    loaded: int
    known: int


class ActivatedUnit(BaseModel):
    """One unit, and the name of the licence, the gift card or the provider's activation that it is."""

    model_config = ConfigDict(frozen=True)
    id: str
    activation_id: str


class _OfLine(EventData):
    order_id: str
    fulfillment_order_id: str
    line_no: int
    sku: str
    by: str


class ActivationRequested(_OfLine):
    """A provider is to activate units of a line, each under a key that is stored with the line."""

    provider: str
    ids: tuple[str, ...]


class ActivationFailed(_OfLine):
    """A provider refused to activate a unit; it is asked anew later."""

    provider: str
    id: str
    refused: str


class ActivationCompleted(_OfLine):
    """Units of a line are activated."""

    activations: tuple[ActivatedUnit, ...]
