"""The routes of drafts, for the function that places orders.

The link of a draft takes no token: whoever has its name sees what is offered and may pay it, and learns nothing else.
Everything is loaded with the first draft: an order that is placed at once starts faster.
"""

from __future__ import annotations

from collections.abc import Callable

from oms.platform.clock import format_instant
from oms.platform.commands import Runtime
from oms.platform.http import Answer, Api, answer, call, caller, ok, read, read_optional
from oms.platform.problems import NotFound


def serve(app: Api, runtime: Callable[[], Runtime]) -> None:
    """Give a function the routes of drafts."""

    @app.post("/v1/drafts")
    def post_draft() -> Answer:
        from oms.drafts.commands import make_draft
        from oms.drafts.requests import DraftRequest

        principal, body = caller(app, "orders.write", "DRAFT#"), read(app, DraftRequest)
        made = make_draft(runtime(), call(app, "make_draft", principal, body), body)
        return answer(made, location=f"/v1/drafts/{made.body['id']}")

    @app.get("/v1/drafts/<draft_id>")
    def get_draft(draft_id: str) -> Answer:
        from oms.drafts.store import existing_draft
        from oms.drafts.views import draft_view

        principal = caller(app, "orders.read", f"DRAFT#{draft_id}")
        draft = existing_draft(runtime().database, principal.tenant, draft_id)
        return ok(draft_view(draft, format_instant(runtime().clock.now())))

    @app.put("/v1/drafts/<draft_id>")
    def put_draft(draft_id: str) -> Answer:
        from oms.drafts.commands import edit_draft
        from oms.drafts.requests import DraftRequest

        principal, body = caller(app, "orders.write", f"DRAFT#{draft_id}"), read(app, DraftRequest)
        own = call(app, "edit_draft", principal, body, target=draft_id)
        return answer(edit_draft(runtime(), own, draft_id, body))

    @app.post("/v1/drafts/<draft_id>/link")
    def post_draft_link(draft_id: str) -> Answer:
        from oms.drafts.commands import share_draft

        principal = caller(app, "orders.write", f"DRAFT#{draft_id}")
        return answer(share_draft(runtime(), call(app, "share_draft", principal, None, target=draft_id), draft_id))

    @app.post("/v1/drafts/<draft_id>/submit")
    def post_draft_submit(draft_id: str) -> Answer:
        from oms.drafts.commands import submit_draft
        from oms.drafts.requests import SubmitDraft

        principal, body = caller(app, "orders.write", f"DRAFT#{draft_id}"), read_optional(app, SubmitDraft)
        own = call(app, "submit_draft", principal, body, target=draft_id)
        placed = submit_draft(runtime(), own, draft_id, body)
        return answer(placed, location=f"/v1/orders/{placed.body['id']}")

    @app.get("/v1/draft-links/<name>")
    def read_draft_link(name: str) -> Answer:
        from oms.drafts.model import LINK_PURPOSE
        from oms.drafts.store import existing_draft
        from oms.drafts.views import shared
        from oms.platform.links import open_link

        place = open_link(runtime().database, LINK_PURPOSE, name, runtime().clock.now())
        draft = existing_draft(runtime().database, place.tenant, place.about)
        return ok(shared(draft, format_instant(runtime().clock.now())))

    @app.post("/v1/draft-links/<name>")
    def pay_draft_link(name: str) -> Answer:
        from oms.drafts.commands import pay_draft
        from oms.drafts.model import LINK_PURPOSE
        from oms.drafts.requests import PayDraft
        from oms.platform.links import find_link

        body, place = read(app, PayDraft), find_link(runtime().database, LINK_PURPOSE, name)
        if place is None:
            raise NotFound()
        own = call(app, "submit_draft", place.customer, body, target=f"{place.about} {name}")
        return answer(pay_draft(runtime(), own, place, name, body))
