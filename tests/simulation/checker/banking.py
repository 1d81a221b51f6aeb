"""INV25: what was told of money on its way to the bank stays, is posted once, and ends once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.simulation.checker.evidence import Report
from tests.simulation.checker.ledger import entries, kind_of, net
from tests.simulation.checker.picture import Commit, Picture, parsed

# The beginnings of the rules whose entries are checked here.
BANKING = ("payout_", "deposit_", "bank_", "suspense_", "dispute_", "write_off_", "intercompany_")
# What is told once, by the sort key of its row.
TOLD_ONCE = ("PAYOUT", "DEPOSIT", "BANKLINE", "TRANSFER")
WAITS_ON = {"deposit": "1030", "payout": "1035", "intercompany": "1040"}
# Rule, entity and what names the fact -> what it moves per account.
Moves = dict[tuple[str, str, str], dict[str, int]]


def check_banking_of_commit(commit: Commit, report: Report) -> None:
    """What was told once never changes."""
    for change in commit.ledger:
        if change.sk in TOLD_ONCE and change.before is not None:
            report.note("INV25", f"{change.pk} {change.sk}", "was told before and was changed")


def check_banking(picture: Picture, report: Report) -> None:
    """Every payout, bag, bank line, dispute, transfer and write-off of each tenant against the ledger."""
    told: dict[str, list[tuple[str, dict[str, Any]]]] = {}
    for pk, rows in picture.table("ledger").items():
        if kind_of(pk) in ("SETTLEMENT", "DEPOSIT", "BANKLINE", "SUSPENSE", "DISPUTE", "INTERCOMPANY", "TRANSIT"):
            tenant = pk.split("#", 3)[1]
            told.setdefault(tenant, []).extend((kind_of(pk), parsed(row["body"])) for row in rows.values())
    posted: dict[str, Moves] = {}
    for tenant, entry in entries(picture):
        if entry["rule"].startswith(BANKING):
            posted.setdefault(tenant, {})[entry["rule"], entry["entity"], entry["reference"]] = net(entry)
    tenants = {order.tenant for order in picture.orders()}
    for tenant in sorted(told.keys() | posted.keys() | tenants):
        rows = told.get(tenant, [])
        found = posted.get(tenant, {})
        resolved = {name: moves for name, moves in found.items() if name[0] == "suspense_resolved"}
        written_off = {name: moves for name, moves in found.items() if name[0] == "write_off_posted"}
        _suspense(tenant, rows, resolved, report)
        _write_offs(tenant, picture, written_off, report)
        apart = ("suspense_resolved", "write_off_posted")
        others = {name: moves for name, moves in found.items() if name[0] not in apart}
        expected = {name: moves for name, moves in _expected(rows) if moves}
        for name in sorted(expected.keys() | others.keys()):
            if expected.get(name) != others.get(name):
                where = f"{tenant} {' '.join(name)}"
                report.note("INV25", where, f"expected {expected.get(name)}, posted {others.get(name)}")
        _on_the_way(tenant, rows, found, report)


def _expected(rows: list[tuple[str, dict[str, Any]]]) -> Iterator[tuple[tuple[str, str, str], dict[str, int]]]:
    for kind, row in rows:
        entity = row.get("legal_entity", "")
        if kind == "SETTLEMENT" and "totals" in row:
            sums = row["totals"]
            cleared = sums["charges"] - sums["refunds"] - sums["disputes"]
            moves = {"1035": row["paid_amount"], "6010": sums["fees"], "1110": -cleared, "1090": -sums["adjustments"]}
            yield (
                ("payout_recorded", entity, row["payout_id"]),
                _moved(moves | {"1190": row["net"] - row["paid_amount"]}),
            )
        elif kind == "DEPOSIT":
            yield ("deposit_prepared", entity, row["bag_id"]), _moved({"1030": row["amount"], "1020": -row["amount"]})
        elif kind == "BANKLINE":
            rule = "bank_credited" if row["amount"] > 0 else "bank_debited"
            moves = {"1040": row["amount"], "1090": row["in_transit"] - row["amount"]}
            if row["matched"]:
                account = WAITS_ON[row["matched"]]
                moves[account] = moves.get(account, 0) - row["in_transit"]
            yield (rule, entity, row["id"]), _moved(moves)
        elif kind == "DISPUTE":
            yield from _dispute(row)
        elif kind == "INTERCOMPANY":
            yield from _transfer(row)


def _dispute(row: dict[str, Any]) -> Iterator[tuple[tuple[str, str, str], dict[str, int]]]:
    amount, fee, back = row["amount"], row["fee"], row["fee_returned"]
    # What is won and had no fee was a warning, as far as these rows can tell.
    if row["state"] == "WARNING" or (row["state"] == "WON" and not fee):
        return
    where = row["legal_entity"], row["dispute_id"]
    yield ("dispute_withdrawn", *where), _moved({"1120": amount, "6021": fee, "1110": -amount - fee})
    if row["state"] == "LOST":
        yield ("dispute_lost", *where), {"6020": amount, "1120": -amount}
    if row["state"] == "WON":
        # What was won in part is lost for the rest.
        lost = row.get("lost", 0)
        won = {"1110": amount - lost + back, "6020": lost, "1120": -amount, "6021": -back}
        yield ("dispute_won", *where), _moved(won)


def _transfer(row: dict[str, Any]) -> Iterator[tuple[tuple[str, str, str], dict[str, int]]]:
    gross, back, name = row["gross"], row["gross_back"], row["transfer_id"]
    rule = "intercompany_netted" if back else "intercompany_settled"
    yield (rule, row["from_entity"], name), _moved({"2310": gross, "1310": -back, "1040": back - gross})
    yield (rule, row["to_entity"], name), _moved({"2310": back, "1310": -gross, "1040": gross - back})


def _suspense(tenant: str, rows: list[tuple[str, dict[str, Any]]], resolved: Moves, report: Report) -> None:
    """What is open is what was suspended, less every resolution that is posted."""
    begun: dict[str, int] = {}
    for kind, row in rows:
        if kind == "BANKLINE" and row["suspense_id"]:
            begun[row["suspense_id"]] = row["in_transit"] - row["amount"]
        elif kind == "SETTLEMENT" and "totals" in row and row["totals"]["adjustments"]:
            begun[f"of {row['id']}"] = -row["totals"]["adjustments"]
    for kind, row in rows:
        if kind == "SUSPENSE":
            first = begun.pop(row["id"], None)
            if first is None:
                first = begun.pop(f"of {row['cause_id']}", 0)
            names = [f"sur_{row['id'].split('_', 1)[1]}_{number + 1}" for number in range(row["resolutions"])]
            ended = sum(
                resolved.pop(("suspense_resolved", row["legal_entity"], name), {}).get("1090", 0) for name in names
            )
            if first + ended != row["open"]:
                report.note(
                    "INV25", f"{tenant} {row['id']}", f"{first} was suspended, {ended} moved, {row['open']} open"
                )
    for name in (*begun, *resolved):
        report.note("INV25", f"{tenant} {name}", "suspended or resolved, and there is no such amount")


def _write_offs(tenant: str, picture: Picture, posted: Moves, report: Report) -> None:
    """What is written off of an order is what is posted of it."""
    for order in picture.orders():
        if order.tenant != tenant:
            continue
        count = order.progress.get("write_offs", 0)
        names = [f"wof_{order.id.split('_', 1)[1]}_{number + 1}" for number in range(count)]
        entity = order.agreed.get("legal_entity", "")
        found = -sum(posted.pop(("write_off_posted", entity, name), {}).get("2010", 0) for name in names)
        if found != order.progress.get("written_off", 0):
            report.note("INV25", order.id, f"{order.progress.get('written_off', 0)} written off, {found} posted")
    for name in posted:
        report.note("INV25", f"{tenant} {name}", "posted, and no order was written off")


def _on_the_way(tenant: str, rows: list[tuple[str, dict[str, Any]]], found: Moves, report: Report) -> None:
    """What was told and not yet shown by a bank, nor found in suspense, is on the list of what is on its way."""
    told, listed, ended = set(), set(), set()
    for kind, row in rows:
        if kind == "DEPOSIT":
            told.add(("deposit", row["legal_entity"], row["bag_id"]))
        elif kind == "SETTLEMENT" and "totals" in row and row["paid_amount"]:
            told.add(("payout", row["legal_entity"], row["id"]))
        elif kind == "INTERCOMPANY" and row["gross"] != row["gross_back"]:
            told |= {("intercompany", row[name], row["transfer_id"]) for name in ("from_entity", "to_entity")}
        elif kind == "TRANSIT":
            listed.add((row["kind"], row["legal_entity"], row["id"]))
        elif kind == "BANKLINE" and row["matched"]:
            ended.add((row["matched"], row["legal_entity"], row["matched_id"]))
    by_hand = sum(
        bool(moves.keys() & set(WAITS_ON.values())) for name, moves in found.items() if name[0] == "suspense_resolved"
    )
    missing = told - listed - ended
    if listed & ended or listed - told or len(missing) != by_hand:
        report.note("INV25", tenant, f"told {sorted(told)}, on the way {sorted(listed)}, arrived {sorted(ended)}")


def _moved(moves: dict[str, int]) -> dict[str, int]:
    return {account: amount for account, amount in moves.items() if amount}
