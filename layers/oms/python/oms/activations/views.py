"""What callers see of a pool of licences. No code is shown."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from oms.activations.store import count_free
from oms.platform.dynamodb import Database


class LicencesLoadedView(BaseModel):
    """What became of codes that were loaded."""

    model_config = ConfigDict(frozen=True)
    sku: str
    loaded: int = Field(description="codes that are in the pool since this call")
    known: int = Field(description="codes that were there before, whether they were given or not")


class LicencePoolView(BaseModel):
    """The pool of an item."""

    model_config = ConfigDict(frozen=True)
    sku: str
    free: int = Field(description="codes that were given to nobody, as of a moment ago")


def pool_view(database: Database, tenant: str, sku: str) -> LicencePoolView:
    """The pool of an item as it is."""
    return LicencePoolView(sku=sku, free=count_free(database, tenant, sku))
