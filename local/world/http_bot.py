"""Plays nodes through the public API, as a WMS without a place on the bus would."""

from __future__ import annotations

from local.state import Answer, Running
from local.world.work import Asked, Control, Step, Work, answer, message_id, plan, read_view

DONE_BEFORE = "already_done"


class NodeRefused(Exception):
    """The product did not take a step; the text has the status and the problem document."""


class NodeBotHttp:
    """Takes the steps of fulfilment orders one by one, each after the answer to the one before."""

    def __init__(self, running: Running, tenant: str, client: str = "wms") -> None:
        self._running = running
        self._tenant = tenant
        self._client = client

    def open_work(self, node_id: str | None = None) -> list[Work]:
        """The work that waits for an answer, of one node or of all; `ship_after` is known on the bus only."""
        found: list[Work] = []
        cursor = ""
        while True:
            query = f"status=OPEN{f'&node={node_id}' if node_id else ''}{f'&cursor={cursor}' if cursor else ''}"
            page = self._call("GET", f"/v1/fulfillment-orders?{query}").json()
            found.extend(read_view(self._tenant, view) for view in page["fulfillment_orders"])
            cursor = page["next_cursor"]
            if not cursor:
                return found

    def play(self, work: Work, control: Control | None = None) -> list[str]:
        """Take every step of some work; returns the verbs that were taken. Raises NodeRefused at the first refusal."""
        steps = plan(work, control or Control())
        for step in steps:
            self.take(work, step)
        return [step.verb for step in steps]

    def answer(self, asked: Asked, *, begun: bool, control: Control | None = None) -> list[str]:
        """Answer a request to let go of units; returns the verbs that were taken."""
        steps = answer(asked, control or Control(), begun=begun)
        for step in steps:
            self.take(asked.work, step)
        return [step.verb for step in steps]

    def take(self, work: Work, step: Step) -> Answer:
        """Take one step under its own key; one that was taken before, by whatever door, is as good as taken."""
        path = f"/v1/fulfillment-orders/{work.fulfillment_order_id}/{step.verb}"
        return self._call("POST", path, dict(step.data), key=message_id(work, step))

    def _call(self, method: str, path: str, body: object = None, key: str | None = None) -> Answer:
        answer = self._running.call(self._client, method, path, body, key=key)
        if not answer.ok and not (answer.status == 409 and answer.json().get("code") == DONE_BEFORE):
            raise NodeRefused(f"{method} {path}: {answer.status} {answer.body.decode(errors='replace')}")
        return answer
