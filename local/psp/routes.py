"""Which request asks for what: authentication, paths, and the provider's answers and refusals."""

from __future__ import annotations

import hmac
from typing import Any
from urllib.parse import parse_qsl, unquote

from local.psp import requests
from local.psp.activations import Activations
from local.psp.core import Psp
from local.psp.courier import Courier
from local.psp.journal import render
from local.psp.once import Answer
from local.psp.refusals import Refused
from local.psp.wire import Request

LARGEST_PAGE = 10_000
SETTLED_PAGE = 100


class Routes:
    """Answers requests for one provider; `api_key` is the bearer token that every call but /health must show."""

    def __init__(self, psp: Psp, courier: Courier, api_key: str) -> None:
        self._psp = psp
        self._courier = courier
        self.activations = Activations()
        self._bearer = f"Bearer {api_key}".encode()
        self._verbs = {
            "capture": psp.capture,
            "void": psp.void,
            "refunds": psp.refund,
            "authenticate": psp.authenticate,
        }

    def answer(self, request: Request) -> Answer:
        """The answer to one request; a refusal is an answer like any other."""
        try:
            path, _, query = request.target.partition("?")
            if path == "/health" and request.method == "GET":
                return _shown(self._health())
            shown = request.headers.get("authorization", "").encode()
            if not hmac.compare_digest(shown, self._bearer):
                raise Refused(401, "unauthenticated", "Send the API key as a bearer token.")
            if request.method == "POST":
                return self._post(path, request)
            if request.method == "GET":
                if path.startswith("/activations/"):
                    return _as_told(self.activations.find(path))
                return _shown(self._get(path, dict(parse_qsl(query, keep_blank_values=True))))
            raise Refused(405, "method_not_allowed", "Only GET and POST are served.")
        except Refused as refusal:
            return Answer(refusal.status, render(refusal.document()))

    def _post(self, path: str, request: Request) -> Answer:
        body = requests.read_body(request.body)
        parts = path.split("/")
        if path == "/_config":
            return self._configure(body)
        if path == "/_payouts":
            return _shown(self._psp.settling.pay_out(body))
        if path == "/_disputes":
            return _shown(self._psp.settling.dispute(body))
        if len(parts) == 3 and parts[1] == "_disputes":
            return _shown(self._psp.settling.end_dispute(unquote(parts[2]), body))
        key = request.headers.get("idempotency-key")
        if path == "/activations":
            return _as_told(self.activations.activate(requests.read_key(key), body))
        if path == "/payments":
            return self._psp.authorize(requests.read_key(key), body)
        if len(parts) == 4 and parts[1] == "payments" and parts[3] in self._verbs:
            return self._verbs[parts[3]](requests.read_key(key), unquote(parts[2]), body)
        raise Refused(404, "not_found", "There is nothing at this address.")

    def _get(self, path: str, query: dict[str, str]) -> dict[str, Any]:
        parts = path.split("/")
        if path == "/payments":
            return self._find(query)
        if len(parts) == 3 and parts[1] == "payments":
            return self._psp.get(unquote(parts[2]))
        if parts[1] in ("payouts", "disputes"):
            return self._settled(parts, query)
        if path in ("/log", "/events"):
            self._psp.advance()
            return _page(self._psp.journal.log if path == "/log" else self._psp.journal.events, query)
        raise Refused(404, "not_found", "There is nothing at this address.")

    def _settled(self, parts: list[str], query: dict[str, str]) -> dict[str, Any]:
        settling = self._psp.settling
        if parts[1:] == ["payouts"]:
            return settling.payouts()
        if len(parts) == 4 and parts[1] == "payouts" and parts[3] == "transactions":
            return settling.transactions(unquote(parts[2]), query.get("after"), _limit(query, SETTLED_PAGE))
        if len(parts) == 3:
            return (settling.payout if parts[1] == "payouts" else settling.shown_dispute)(unquote(parts[2]))
        raise Refused(404, "not_found", "There is nothing at this address.")

    def _find(self, query: dict[str, str]) -> dict[str, Any]:
        if "idempotency_key" in query:
            return self._psp.find_by_key(query["idempotency_key"])
        wanted = {name.removeprefix("metadata."): query[name] for name in query if name.startswith("metadata.")}
        if not wanted:
            raise Refused(400, "filter_missing", "Filter by idempotency_key or by metadata.<name>.")
        return self._psp.find_by_metadata(wanted)

    def _configure(self, body: dict[str, Any]) -> Answer:
        asked = requests.read_configure(body)
        self._psp.configure(asked)
        if asked.webhook is not None:
            self._courier.send_to(asked.webhook["url"], asked.webhook.get("secret"), asked.webhook.get("types"))
        elif asked.remove_webhook:
            self._courier.send_to(None)
        return _shown({"configured": sorted(body)})

    def _health(self) -> dict[str, Any]:
        """Alive, and how much was done so far."""
        psp = self._psp
        return {
            "status": "ok",
            "time": psp.advance(),
            "payments": len(psp.payments),
            "effects": len(psp.journal.log),
            "events": len(psp.journal.events),
            "refusals": dict(psp.keys.refusals),
            "webhooks": self._courier.counts(),
        }


def _page(entries: list[Any], query: dict[str, str]) -> dict[str, Any]:
    """Entries after a sequence number, which is also their place in the list."""
    limit = _limit(query, LARGEST_PAGE, 1000)
    try:
        after = int(query.get("after", "0"))
    except ValueError:
        raise Refused(400, "page_invalid", "after and limit are whole numbers.") from None
    if after < 0:
        raise Refused(400, "page_invalid", "after is at least 0.")
    page = entries[after : after + limit]
    rows = [entry if isinstance(entry, dict) else entry.document() for entry in page]
    return {"entries": rows, "next": after + limit if after + limit < len(entries) else None}


def _limit(query: dict[str, str], most: int, usual: int | None = None) -> int:
    try:
        limit = int(query.get("limit", str(usual or most)))
    except ValueError:
        raise Refused(400, "page_invalid", "after and limit are whole numbers.") from None
    if not 1 <= limit <= most:
        raise Refused(400, "page_invalid", f"limit from 1 to {most}.")
    return limit


def _shown(document: dict[str, Any]) -> Answer:
    return Answer(200, render(document))


def _as_told(answer: tuple[int, dict[str, Any]]) -> Answer:
    return Answer(answer[0], render(answer[1]))
