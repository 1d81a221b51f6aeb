"""INV4 and INV5 on what callers were told: a repeat gets the first answer, and what was promised exists."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import Any

from tests.simulation.checker.devices import TOLD
from tests.simulation.checker.evidence import Evidence, Report
from tests.simulation.checker.labels import has_come_further, is_about_label
from tests.simulation.checker.picture import Picture, parsed, tenant_of

READS = ("GET", "HEAD", "OPTIONS")
# A question with a body: what would be, without any effect.
QUESTION = re.compile(r"/v1/(sourcing/simulations|notices/previews|fulfillment-orders/[^/]+/rates)")
# The answer of a first call under a key; one under another key of the same business act says 200 with the same body.
KEY_REUSED = "idempotency_key_reused"


def check_answers(evidence: Evidence, picture: Picture, report: Report) -> None:
    """Every answered change: one outcome per key, one order per external id, nothing promised that is not stored."""
    first: dict[tuple[Any, ...], tuple[int, Any, str]] = {}
    orders: dict[tuple[Any, ...], str] = {}
    stored = _outcomes(picture) if evidence.answers else {}
    for answer in evidence.answers:
        status = answer.get("status") or 0
        path = str(answer.get("path"))
        # What devices did is answered action by action, and looked at so in devices.py.
        if answer.get("method") in READS or QUESTION.fullmatch(path) or TOLD.fullmatch(path) or not answer.get("key"):
            continue
        key = tuple(answer.get(name) for name in ("tenant", "client", "method", "path", "key"))
        body, sent = as_values(answer.get("body")), canonical(answer.get("request_body"))
        where = f"{answer['method']} {answer['path']} {answer['key']}"
        if not 200 <= status < 300:
            if key in first and first[key][2] == sent and isinstance(body, dict) and body.get("code") == KEY_REUSED:
                report.note("INV4", where, "the same request was taken for a reuse of its key")
            continue
        known = first.setdefault(key, (status, body, sent))
        if known[2] != sent:
            report.note("INV4", where, "two requests were accepted under one key")
        elif is_about_label(answer["path"]) and status == known[0] and has_come_further(known[1], body):
            first[key] = (status, body, sent)
        elif known[:2] != (status, body):
            report.note("INV4", where, f"answered {known[0]} {known[1]} and then {status} {body}")
        if is_about_label(answer["path"]):
            body = _as_stored(str(answer.get("tenant")), body, stored)
        if status not in stored.get((str(answer.get("tenant")), canonical(body)), ()):
            report.note("INV4", where, f"answered {status} {body}, which is no stored outcome")
        if answer["method"] == "POST" and str(answer["path"]).rstrip("/").endswith("/v1/orders"):
            _accepted(answer, body, orders, picture, report)


def _accepted(
    answer: dict[str, Any], body: Any, orders: dict[tuple[Any, ...], str], picture: Picture, report: Report
) -> None:
    """An order that a channel was told of: it is stored, and it is the only one under its number."""
    order_id = body.get("id") if isinstance(body, dict) else None
    where = f"POST {answer['path']} {answer['key']}"
    if order_id is None or picture.order(f"T#{answer['tenant']}#ORDER#{order_id}") is None:
        report.note("INV5", where, f"lost order: {order_id} was accepted and is not stored")
    request = as_values(answer.get("request_body"))
    if isinstance(request, dict):
        name = (answer["tenant"], request.get("channel"), request.get("external_id"))
        if orders.setdefault(name, str(order_id)) != order_id:
            report.note("INV4", where, f"{name} is {orders[name]} and {order_id}")


def _outcomes(picture: Picture) -> dict[tuple[str, str], set[int]]:
    """The stored outcomes: the statuses that each body may be answered with, which for a repeat is 200 as well."""
    outcomes: dict[tuple[str, str], set[int]] = {}
    for pk, items in picture.table("commands").items():
        record = items.get("COMMAND")
        if record is not None:
            statuses = outcomes.setdefault((tenant_of(pk) or "", canonical(record["body"])), {200})
            statuses.add(record["status"])
    return outcomes


def _as_stored(tenant: str, body: Any, stored: dict[tuple[str, str], set[int]]) -> Any:
    """The stored outcome that an answer about a label has come further than; the answer itself where there is none."""
    outcomes = (as_values(text) for owner, text in stored if owner == tenant)
    return next((one for one in outcomes if has_come_further(one, body)), body)


def as_values(content: Any) -> Any:
    """A body as values, whether it came as text or not."""
    if isinstance(content, bytes):
        content = content.decode("utf-8", "replace")
    if isinstance(content, str):
        try:
            return parsed(content)
        except ValueError:
            return content
    return content


def canonical(content: Any) -> str:
    """A body as one text that does not depend on the order of its names."""
    return _canonical_text(content) if type(content) is str else _in_order(content)


@lru_cache(maxsize=2048)
def _canonical_text(text: str) -> str:
    return _in_order(text)


def _in_order(content: Any) -> str:
    return json.dumps(as_values(content), sort_keys=True, default=str)
