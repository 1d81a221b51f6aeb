"""INV1: nothing is promised that is not there, and what is promised is what orders hold.

The stock row, the orders and the sagas under way are three accounts of the same units; the checker keeps a fourth from
the orders and sagas alone and compares.
"""

from __future__ import annotations

from typing import Any

from tests.simulation.checker.evidence import Change, Item, Report
from tests.simulation.checker.picture import (
    Commit,
    OrderView,
    Picture,
    held_by_node,
    is_count,
    is_order,
    parsed,
    tenant_of,
)
from tests.simulation.checker.supply import LINE, kept_at_source

Place = tuple[str, str]  # partition of the SKU, node
HELD_BACK = ("damaged", "quality_control", "blocked")
BUCKETS = ("on_hand", "reserved", "allocated", "safety", *HELD_BACK, "in_transit", "future")
# Units of such work are nobody's any more.
HOLD = "#HOLD#"
NO_CLAIM = ("REJECTED", "CANCELLED", "COMPLETED")


class Claims:
    """What somebody holds: allocated units by place, reserved ones by SKU, and by place between two bounds.

    Which node gives up its reservation when units of an order are cancelled before they were allocated is written
    nowhere, so a node's reservations lie between what must be left and what can be left.
    """

    __slots__ = ("allocated", "least", "most", "reserved")

    def __init__(self) -> None:
        self.allocated: dict[Place, int] = {}
        self.least: dict[Place, int] = {}
        self.most: dict[Place, int] = {}
        self.reserved: dict[str, int] = {}

    def parts(self) -> tuple[dict[Any, int], ...]:
        return self.allocated, self.least, self.most, self.reserved

    def hold(self, place: Place, least: int, most: int) -> None:
        self.least[place] = self.least.get(place, 0) + least
        self.most[place] = self.most.get(place, 0) + most

    def add(self, other: Claims, sign: int) -> None:
        for mine, theirs in zip(self.parts(), other.parts(), strict=True):
            for key, units in theirs.items():
                mine[key] = mine.get(key, 0) + sign * units


def claims_of_order(order: OrderView) -> Claims:
    """What an order holds, from its lines and its work."""
    claims = Claims()
    given: dict[int, int] = {}
    for work in order.works.values():
        for part in work["lines"]:
            line = order.lines.get(part["line_no"])
            if line is None or not line.takes_stock:
                continue
            given[line.line_no] = given.get(line.line_no, 0) + part["quantity"]
            if work["status"] not in NO_CLAIM:
                place = (f"T#{order.tenant}#SKU#{line.sku}", work["node_id"])
                units = held_by_node(part) - part.get("shipped", 0)
                claims.allocated[place] = claims.allocated.get(place, 0) + units
    if order.sourced:
        return claims
    for line in order.lines.values():
        if line.takes_stock:
            gone = order.cancelled.get(line.line_no, 0) + given.get(line.line_no, 0)
            sku = f"T#{order.tenant}#SKU#{line.sku}"
            claims.reserved[sku] = claims.reserved.get(sku, 0) + line.quantity - gone
            for node, units in line.claims:
                claims.hold((sku, node), max(0, units - gone), units)
    return claims


def claims_of_saga(tenant: str, chunks: dict[str, Item]) -> Claims:
    """What a placement under way holds, from its notes."""
    claims = Claims()
    for item in chunks.values():
        for sku, node, units in parsed(item["claims"]):
            pk = f"T#{tenant}#SKU#{sku}"
            claims.hold((pk, node), units, units)
            claims.reserved[pk] = claims.reserved.get(pk, 0) + units
    return claims


def claims_of_hold(pk: str, node: str, item: Item) -> Claims:
    """What a basket holds of a row, until it becomes an order or its units are given back."""
    claims = Claims()
    claims.hold((pk, node), item["units"], item["units"])
    claims.reserved[pk] = item["units"]
    return claims


def claims_of_supply(pk: str, item: Item) -> Claims:
    """What a node keeps for a line of a transfer."""
    claims = Claims()
    claims.allocated.update(kept_at_source(pk, item))
    return claims


class StockRules:
    """INV1 over a run: totals of all holders, kept up with each commit."""

    def __init__(self, picture: Picture) -> None:
        self._held: dict[str, Claims] = {}
        self._total = Claims()
        for pk, sk, item in _holds_in(picture):
            self._holds(f"{pk}#{sk.partition('#')[2]}", claims_of_hold(pk, _node(sk), item))
        for pk, rows in picture.table("stock").items():
            for sk, item in rows.items():
                if sk.startswith(LINE):
                    self._holds(f"{pk}#{sk}", claims_of_supply(pk, item))
        for pk in picture.table("orders"):
            if is_order(pk):
                self._look_at_order(pk, picture)
        for pk, rows in picture.table("commands").items():
            if pk.endswith("#SAGA") and pk.count("#") == 2:
                for name in rows:
                    self._look_at_saga(pk, name, picture)

    def after_commit(self, commit: Commit, picture: Picture, report: Report) -> None:
        touched: set[Place] = set()
        for change in commit.stock:
            kind, _, name = change.sk.partition("#")
            if kind == "SUPPLY" and name:
                touched |= self._holds(f"{change.pk}#{change.sk}", claims_of_supply(change.pk, change.after or {}))
            elif HOLD in name:
                held = claims_of_hold(change.pk, _node(change.sk), change.after) if change.after else Claims()
                touched |= self._holds(f"{change.pk}#{name}", held)
            elif kind == "NODE":
                touched.add((change.pk, name))
                _row_changed(change, commit, report)
            elif kind == "MOVE" and change.before is not None:
                report.note("INV1", f"{change.pk} {change.sk}", "a line of the stock ledger was changed")
            elif kind == "FEED":
                _mark_moved(change, report)
        for pk in commit.orders:
            if is_order(pk):
                touched |= self._look_at_order(pk, picture)
        for change in commit.commands:
            saga, name = _saga_of(change)
            if saga:
                touched |= self._look_at_saga(saga, name, picture)
        self._compare(touched, picture, report)

    def everything(self, picture: Picture, report: Report) -> None:
        """The same for every row that exists, and whatever is held where there is no row."""
        places = {
            (pk, sk.partition("#")[2])
            for pk, rows in picture.table("stock").items()
            for sk in rows
            if sk.startswith("NODE#") and HOLD not in sk
        }
        self._compare(places | self._total.allocated.keys() | self._total.most.keys(), picture, report)

    def _look_at_order(self, pk: str, picture: Picture) -> set[Place]:
        order = picture.order(pk)
        return self._holds(pk, claims_of_order(order) if order is not None else Claims())

    def _look_at_saga(self, saga: str, name: str, picture: Picture) -> set[Place]:
        # Without its row a saga is over, and notes of any other runner than the one that claimed mean nothing.
        row = picture.items("commands", saga).get(name)
        notes = picture.items("commands", f"{saga}#{name}") if row is not None else {}
        own = f"CHUNK#{row['claimed_by']}#" if row is not None else ""
        chunks = {sk: note for sk, note in notes.items() if sk.startswith(own)}
        return self._holds(f"{saga}#{name}", claims_of_saga(tenant_of(saga) or "", chunks))

    def _holds(self, holder: str, now: Claims) -> set[Place]:
        before = self._held.get(holder)
        if before is not None:
            self._total.add(before, -1)
        self._held[holder] = now
        self._total.add(now, 1)
        touched = now.allocated.keys() | now.most.keys()
        return touched if before is None else touched | before.allocated.keys() | before.most.keys()

    def _compare(self, places: set[Place], picture: Picture, report: Report) -> None:
        total = self._total
        for sku, node in places:
            row = picture.items("stock", sku).get(f"NODE#{node}", {})
            where = f"{sku} {node}"
            allocated, reserved = row.get("allocated", 0), row.get("reserved", 0)
            held = total.allocated.get((sku, node), 0)
            if allocated != held:
                report.note("INV1", where, f"allocated is {allocated}, open allocations are {held}")
            least, most = total.least.get((sku, node), 0), total.most.get((sku, node), 0)
            if not least <= reserved <= most:
                report.note("INV1", where, f"reserved is {reserved}, open reservations are {least} to {most}")
        for sku in {sku for sku, _ in places}:
            rows = picture.items("stock", sku)
            stock = [row for sk, row in rows.items() if sk.startswith("NODE#") and HOLD not in sk]
            reserved = sum(row.get("reserved", 0) for row in stock)
            if reserved != total.reserved.get(sku, 0):
                report.note("INV1", sku, f"{reserved} reserved, open reservations are {total.reserved.get(sku, 0)}")


def _holds_in(picture: Picture) -> list[tuple[str, str, Item]]:
    """Every hold of a basket: the SKU's partition, its sort key and what it says."""
    return [(pk, sk, item) for pk, rows in picture.table("stock").items() for sk, item in rows.items() if HOLD in sk]


def _node(sk: str) -> str:
    return sk.removeprefix("NODE#").partition(HOLD)[0]


def _saga_of(change: Change) -> tuple[str, str]:
    """The partition and the name of the saga that a change of table `commands` is about; empty where it is none."""
    parts = change.pk.split("#", 3)
    if len(parts) < 3 or parts[2] != "SAGA":
        return "", ""
    return "#".join(parts[:3]), parts[3] if len(parts) == 4 else change.sk


def _row_changed(change: Change, commit: Commit, report: Report) -> None:
    where = f"{change.pk} {change.sk}"
    before, after = change.before or {}, change.after
    if after is None:
        report.note("INV1", where, "a stock row was removed")
        return
    counts = [after.get(bucket, 0) for bucket in (*BUCKETS, "available")]
    if not all(is_count(count) for count in counts):
        report.note("INV1", where, f"not all whole numbers: {counts}")
        return
    on_hand, reserved, allocated, safety, available = *counts[:4], counts[-1]
    held_back = sum(after.get(bucket, 0) for bucket in HELD_BACK)
    if min(counts[:-1]) < 0:
        report.note("INV1", where, f"below zero: {dict(zip(BUCKETS, counts, strict=False))}")
    # Announced supply is not for sale yet: accepted future is zero until the product sells from it.
    formula = on_hand - reserved - allocated - safety - held_back
    if available != formula:
        report.note("INV1", where, f"available is {available}, the formula gives {formula}")
    raised = reserved + allocated - before.get("reserved", 0) - before.get("allocated", 0)
    if raised > 0 and formula < 0:
        report.note("INV1", where, f"oversold: {raised} more were promised, {-formula} are missing")
    deficit = max(0, reserved + allocated + held_back - on_hand)
    if deficit > _deficit(before) and not _is_told(change, deficit, commit):
        report.note("INV1", where, f"{deficit} units too few for what was promised, and nobody was told")
    if after.get("version") != before.get("version", 0) + 1:
        report.note("INV6", where, f"version {before.get('version')} was followed by {after.get('version')}")
    moved = _moved(change, commit)
    for bucket in (*BUCKETS, "available"):
        units = after.get(bucket, 0) - before.get(bucket, 0)
        if units != moved.get(bucket, 0):
            report.note("INV1", where, f"{bucket} changed by {units}, the stock ledger says {moved.get(bucket, 0)}")


def _deficit(row: Item) -> int:
    taken = sum(row.get(bucket, 0) for bucket in ("reserved", "allocated", *HELD_BACK))
    return max(0, taken - row.get("on_hand", 0))


def _is_told(change: Change, deficit: int, commit: Commit) -> bool:
    """Whether an event of the same commit names the shortage, so that somebody can act on it."""
    sku, node = change.pk.split("#", 3)[3], change.sk.partition("#")[2]
    for event in commit.events:
        if event.after is not None:
            for shortage in parsed(event.after["detail"])["data"].get("shortages") or ():
                if (shortage["sku"], shortage["node_id"], shortage["deficit"]) == (sku, node, deficit):
                    return True
    return False


def _moved(change: Change, commit: Commit) -> dict[str, int]:
    """What the lines of the stock ledger that the commit wrote say about a row."""
    where = change.pk.replace("#SKU#", "#MOVES#", 1) + "#" + change.sk.partition("#")[2]
    sums: dict[str, int] = {}
    for other in commit.stock:
        if other.pk == where and other.before is None:
            for entry in parsed((other.after or {})["body"]):
                for bucket, units in entry["changes"].items():
                    sums[bucket] = sums.get(bucket, 0) + units
    return sums


def _mark_moved(change: Change, report: Report) -> None:
    before, after = (change.before or {}).get("sequence"), (change.after or {}).get("sequence")
    if not is_count(after) or (before is not None and after <= before):
        report.note("INV6", f"{change.pk} {change.sk}", f"a feed's mark went from {before} to {after}")
