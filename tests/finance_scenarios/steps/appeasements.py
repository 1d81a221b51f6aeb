"""Rows about goodwill: asked for, approved and rejected, each by somebody of a role."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.finance_scenarios.grammar import Row
from tests.finance_scenarios.play import Play
from tests.finance_scenarios.steps import orders, stored_value
from tests.finance_scenarios.world import CannotDo
from tests.functions.conftest import Api

_ROLES = {"store_associate": "associate", "associate": "associate"}


def requested(play: Play, row: Row) -> Mapping[str, Any]:
    if not row.get("order"):
        return stored_value.goodwill(play, row, row.get("tender") or "store_credit")
    plan = play.plan(row)
    known = orders.ready(play, plan)
    body: dict[str, Any] = {"reason": row.get("reason") or "SERVICE", **_paid_to(play, row)}
    if row.get("percent"):
        body["percent"] = int(str(row.get("percent")).rstrip("%").split(".")[0])
    else:
        body["amount"] = play.amount(row)
    if body["reason"] == "SHIPPING":
        body["on"] = "shipping"
    if body["reason"] == "OTHER":
        body["text"] = "told by phone"
    actor = row.get("actor") or _role(row)
    answer = play.post(_person(play, row, actor), f"/v1/orders/{known}/appeasements", body)
    play.book["appeasement", plan.name] = answer["id"]
    if row.get("id"):
        play.book["appeasement id", row.get("id")] = answer["id"]
    play.book["asked by", answer["id"]] = actor
    return dict(answer)


def decided(decision: str) -> Any:
    def step(play: Play, row: Row) -> Mapping[str, Any]:
        name = play.book.get(("appeasement id", row.get("id"))) or play.book.get(("appeasement", row.get("order")))
        if name is None:
            name = _asked_before(play, row)
        actor = row.get("actor") or f"{_role(row)}-2"
        if not row.get("actor") and row.get("expect") == "REFUSED_SELF_APPROVAL":
            actor = play.book["asked by", name]
        body = {"decision": decision, "reason": row.get("reason") or "talked to the customer"}
        answer: Mapping[str, Any] = play.post(_person(play, row, actor), f"/v1/appeasements/{name}/decision", body)
        return answer

    return step


def granted_before(play: Play, order_id: str, amount: int, lines: list[int]) -> None:
    """Goodwill on some lines that was granted before the scenario begins."""
    body = {"reason": "DAMAGE", "amount": amount, "on": "lines", "lines": lines}
    play.post(_as(play, "manager", "manager-0"), f"/v1/orders/{order_id}/appeasements", body)


def _asked_before(play: Play, row: Row) -> str:
    """A request that waits since before the scenario begins."""
    plan = play.plan(row)
    known = orders.ready(play, plan)
    with play.quietly():
        body = {"reason": "SERVICE", "amount": play.amount(row), **_paid_to(play, row)}
        answer = play.post(_as(play, "associate", "associate"), f"/v1/orders/{known}/appeasements", body)
    if answer.get("state") != "PENDING_APPROVAL":
        raise CannotDo("no request waits for a decision")
    return str(answer["id"])


def _person(play: Play, row: Row, actor: str) -> Api:
    return _as(play, _role(row), actor)


def _as(play: Play, role: str, actor: str) -> Api:
    scopes = ("appeasements.request", "appeasements.read", "appeasements.approve", f"role.{role}")
    return play.api("appeasements", *scopes, actor=actor)


def _role(row: Row) -> str:
    role = row.get("role") or "agent"
    return _ROLES.get(role, role)


def _paid_to(play: Play, row: Row) -> dict[str, str]:
    """How the customer gets it: as the next refund of the order pays, by the card or credit of its issuer."""
    later = [one for one in play.scenario.rows if one.line_no > row.line_no and one.get("order") == row.get("order")]
    paying = next((one for one in later if one.verb == "refund.executed"), row)
    tender, issuer = paying.get("tender"), paying.get("issuer")
    if tender not in ("store_credit", "gift_card"):
        return {"paid_to": "original"}
    return {"paid_to": tender, **({"issuer_node": play.retailer.site(issuer)} if issuer else {})}


STEPS = {
    "appeasement.requested": requested,
    "appeasement.approved": decided("approve"),
    "appeasement.rejected": decided("reject"),
}
