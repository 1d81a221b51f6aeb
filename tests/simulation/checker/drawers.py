"""INV10: what a drawer should hold follows from its movements, and what was over or short is what was posted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.simulation.checker.evidence import Change, Report
from tests.simulation.checker.ledger import entries, net
from tests.simulation.checker.picture import Commit, Picture, parsed

STATES = ("OPEN", "ENDED", "COUNTED", "CLOSED", "RESTATED")
OVER = ("CLOSED", "RESTATED")
# What each kind of movement does to the drawer, and the account on the other side.
KINDS = {
    "cash_sale": (1, "4010"),
    "cash_refund": (-1, "2050"),
    "drop": (-1, "1020"),
    "paid_in": (1, "1020"),
    "paid_out": (-1, "6060"),
}
MOST_COUNTS = 3
CASH, OF_SALE = "1010", "MOVEMENT#SALE#"
# A drawer may pay for another legal entity, and what they owe each other is in the books of both.
BETWEEN_ENTITIES = ("1310", "2310")
Moves = list[dict[str, Any]]


def check_drawers_of_commit(commit: Commit, report: Report) -> None:
    """Movements and statements are added and never changed, and a session goes forward only."""
    for change in commit.ledger:
        where = f"{change.pk} {change.sk}"
        if change.sk.startswith(("MOVEMENT#", "STATEMENT#")):
            if change.before is not None or change.after is None:
                report.note("INV10", where, "was recorded before and was changed")
        elif change.sk == "SESSION":
            _goes_forward(change, where, report)


def check_drawers(picture: Picture, report: Report) -> None:
    """Every session against its movements, its statements and the ledger; every till against its numbers."""
    moved: dict[tuple[str, str], Moves] = {}
    for pk, rows in picture.table("ledger").items():
        if "TILL" in rows:
            _numbers(pk, rows, report)
        for sk, row in rows.items():
            if "#TILL#" in pk and sk.startswith("MOVEMENT#") and "session_id" in row:
                moved.setdefault((pk.split("#", 2)[1], row["session_id"]), []).append(parsed(row["body"]))
    posted = posted_by_session(picture)
    opened: dict[tuple[str, str, str], str] = {}
    for tenant, session, statements in sessions(picture):
        name = (tenant, session["id"])
        moves = moved.pop(name, [])
        _adds_up(session, moves, statements, report)
        found, wanted = posted.pop(name, {}), expected_lines(session, moves)
        if found != wanted:
            report.note("INV10", session["id"], f"the ledger has {found}, the drawer {wanted}")
        if session["state"] == "OPEN":
            drawer = (tenant, session["node_id"], session["drawer_id"])
            if drawer in opened:
                report.note("INV10", session["id"], f"{drawer} is open in {opened[drawer]} as well")
            opened[drawer] = session["id"]
    for tenant, session_id in moved.keys() | posted.keys():
        report.note("INV10", f"{tenant} {session_id}", "cash of a session that there is not")
    _drawers_know(picture, opened, report)


def sessions(picture: Picture) -> Iterator[tuple[str, dict[str, Any], list[dict[str, Any]]]]:
    """Each session with its tenant and its statements, oldest first."""
    for pk, rows in picture.table("ledger").items():
        if "SESSION" in rows:
            stated = [parsed(rows[sk]["body"]) for sk in sorted(rows) if sk.startswith("STATEMENT#")]
            yield pk.split("#", 2)[1], parsed(rows["SESSION"]["body"]), stated


def posted_by_session(picture: Picture) -> dict[tuple[str, str], dict[str, int]]:
    """What the entries of each session come to per account, debits positive."""
    found: dict[tuple[str, str], dict[str, int]] = {}
    for tenant, entry in entries(picture):
        of_sale = entry["rule"] == "sale_recorded" and entry.get("drawer_session")
        of_refund = entry["rule"] == "refund_executed" and entry.get("drawer_session")
        if entry["rule"].startswith("drawer_") or of_sale or of_refund:
            sums = found.setdefault((tenant, entry.get("drawer_session") or ""), {})
            for account, amount in net(entry).items():
                if (not of_sale or account == CASH) and account not in BETWEEN_ENTITIES:
                    sums[account] = sums.get(account, 0) + amount
    return {name: {account: amount for account, amount in sums.items() if amount} for name, sums in found.items()}


def expected_of(session: dict[str, Any], moves: Moves) -> int:
    """What must lie in the drawer: opening + cash sales + paid in - refunds - drops - paid out."""
    return int(session["opening_float"]) + sum(KINDS[one["kind"]][0] * one["amount"] for one in moves)


def expected_lines(session: dict[str, Any], moves: Moves) -> dict[str, int]:
    """What all entries of a session must come to per account, debits positive."""
    sums = {"1010": session["opening_float"], "1020": -session["opening_float"], "2040": 0}
    for one in moves:
        sign, other = KINDS[one["kind"]]
        sums["1010"] += sign * one["amount"]
        if one.get("sale_id"):
            # Its sale posts the rest.
            continue
        sums["2040"] -= one["tax"]
        sums[other] = sums.get(other, 0) - sign * one["amount"] + one["tax"]
    if session["state"] in OVER:
        counted = session["statement"]["counted"]
        sums["6030"] = sums["1010"] - counted
        sums["1020"] += counted
        sums["1010"] = 0
    return {account: amount for account, amount in sums.items() if amount}


def _adds_up(session: dict[str, Any], moves: Moves, statements: list[dict[str, Any]], report: Report) -> None:
    for kind in KINDS:
        total = sum(one["amount"] for one in moves if one["kind"] == kind)
        if session["totals"][kind] != total:
            report.note("INV10", session["id"], f"{kind} is {session['totals'][kind]}, its movements are {total}")
    if len(session["counts"]) > MOST_COUNTS:
        report.note("INV10", session["id"], f"was counted {len(session['counts'])} times")
    if (session["state"] in OVER) != bool(statements):
        report.note("INV10", session["id"], f"is {session['state']} with {len(statements)} statements")
    for number, stated in enumerate(statements, start=1):
        if stated["number"] != number or stated["counted"] - stated["expected"] != stated["variance"]:
            report.note("INV10", session["id"], f"statement {number} does not add up: {stated}")
    if statements:
        if session["statement"] != statements[-1]:
            report.note("INV10", session["id"], "the statement that holds is not the newest")
        if statements[-1]["expected"] != expected_of(session, moves):
            what = f"states {statements[-1]['expected']}, its movements make {expected_of(session, moves)}"
            report.note("INV10", session["id"], what)


def _is_of_a_till(pk: str) -> bool:
    """Gift cards and store credit have movements, too."""
    return pk.split("#", 3)[2:3] == ["TILL"]


def _goes_forward(change: Change, where: str, report: Report) -> None:
    if change.after is None:
        report.note("INV10", where, "a session was removed")
    elif change.before is not None:
        before, after = parsed(change.before["body"])["state"], parsed(change.after["body"])["state"]
        if STATES.index(after) < STATES.index(before):
            report.note("INV10", where, f"went from {before} to {after}")


def _numbers(pk: str, rows: dict[str, Any], report: Report) -> None:
    """The numbers that a till is said to have told are those of its movements."""
    told = {int(sk.partition("#")[2]) for sk in rows if sk.startswith("MOVEMENT#") and not sk.startswith(OF_SALE)}
    known: set[int] = set()
    for first, last in parsed(rows["TILL"]["body"])["runs"]:
        known |= set(range(first, last + 1))
    if told != known:
        report.note("INV10", pk, f"numbers {sorted(known ^ told)} are told or recorded, not both")


def _drawers_know(picture: Picture, opened: dict[tuple[str, str, str], str], report: Report) -> None:
    found = {}
    for pk, rows in picture.table("ledger").items():
        if "DRAWER" in rows and (named := parsed(rows["DRAWER"]["body"])["open_session"]):
            _, tenant, _, node, drawer = pk.split("#")
            found[tenant, node, drawer] = named
    if found != opened:
        report.note("INV10", "drawers", f"{found} are said to be open, {opened} are")
