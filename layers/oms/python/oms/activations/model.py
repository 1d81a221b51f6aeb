"""Licences: codes of a digital item, each given to one activation, once. Pure rules."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from oms.platform.ids import derived_id


class Licence(BaseModel):
    """A code of an item's pool, and the activation that it was given for; `version` counts its changes."""

    model_config = ConfigDict(frozen=True)
    id: str
    sku: str
    code: str
    loaded_at: str
    order_id: str | None = None
    activation: str | None = None
    version: int = 1

    @property
    def is_free(self) -> bool:
        """Whether it was given to nobody."""
        return self.activation is None

    def given(self, order_id: str, activation: str) -> Licence:
        """The licence once it is given; one that was given before raises ValueError."""
        if not self.is_free:
            raise ValueError(f"the licence {self.id} was given before")
        return self.model_copy(update={"order_id": order_id, "activation": activation, "version": self.version + 1})


def licence_id(tenant: str, sku: str, code: str) -> str:
    """The id of the licence with a code: the same code of an item is the same licence, however often it is loaded."""
    return derived_id("lic", tenant, sku, code)
