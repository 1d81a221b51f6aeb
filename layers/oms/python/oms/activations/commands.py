"""load_licences: codes of an item come into its pool. One transaction."""

from __future__ import annotations

from oms.activations.events import LicencesLoaded
from oms.activations.model import Licence, licence_id
from oms.activations.requests import LoadLicences
from oms.activations.store import load_licences as stored_licences
from oms.activations.views import LicencesLoadedView
from oms.activations.writes import licence_loaded
from oms.platform.clock import format_instant
from oms.platform.commands import Call, Decision, Outcome, Runtime, execute
from oms.platform.events import EventDraft
from oms.platform.ids import derived_id
from oms.platform.problems import FieldError, InvalidRequest, NotFound
from oms.registry.limits import ActivatedBy
from oms.registry.reads import item_as_it_is


def load_licences(runtime: Runtime, call: Call, sku: str, request: LoadLicences) -> Outcome:
    """Put codes into the pool of an item, each once; the answer is a LicencesLoadedView.

    Raises NotFound for an item that nobody knows, InvalidRequest for one that is not delivered from a pool.
    """

    def decide() -> Decision:
        now = runtime.clock.now()
        item = item_as_it_is(runtime.database, call.tenant, sku)
        if item is None:
            raise NotFound(f"There is no item {sku}.")
        if item.activation is None or item.activation.by is not ActivatedBy.LICENCE_POOL:
            detail = f"{sku} is not activated by {ActivatedBy.LICENCE_POOL.value}; put the item first"
            raise InvalidRequest(errors=[FieldError("/codes", "no_licence_pool", detail)])
        by_id = {licence_id(call.tenant, sku, code): code for code in request.codes}
        known = stored_licences(runtime.database, call.tenant, by_id)
        new = [
            Licence(id=one, sku=sku, code=code, loaded_at=format_instant(now))
            for one, code in by_id.items()
            if one not in known
        ]
        body = LicencesLoadedView(sku=sku, loaded=len(new), known=len(known))
        told = LicencesLoaded(sku=sku, loaded=len(new), known=len(known))
        fact = [EventDraft(f"LICENCES#{derived_id('lcl', call.tenant, call.key)}", 1, told)] if new else []
        return Decision([licence_loaded(call.tenant, one) for one in new], fact, body=body.model_dump())

    return execute(runtime, call, decide)
