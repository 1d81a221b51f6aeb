"""Facts about closed days and the files for finance."""

from __future__ import annotations

from oms.platform.events import EventData


class FinanceExportRequested(EventData):
    """Somebody wants the entries of an entity's business date as files; `kind` is interim or close."""

    export_id: str
    entity: str
    business_date: str
    kind: str


class FinanceExportCompleted(EventData):
    """A wish for an export was met. Without news since the last batch no batch was written: `manifest` is None."""

    export_id: str
    entity: str
    business_date: str
    kind: str
    batch: int | None
    manifest: str | None
    entries: int


class BusinessDaySealed(EventData):
    """A store's business date takes nothing more. `passed_over` are the codes of what a forced seal passed over."""

    entity: str
    store: str
    business_date: str
    forced: bool
    reason: str | None
    sealed_by: str
    passed_over: list[str]
