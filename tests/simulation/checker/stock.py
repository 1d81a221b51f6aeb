"""INV1: nothing is promised that is not there, and what is promised is what orders hold.

The stock row, the orders and the sagas under way are three accounts of the same units; the checker keeps a fourth from
the orders and sagas alone and compares.
"""

from __future__ import annotations

from tests.simulation.checker.claims import (
    Claims,
    Place,
    claims_of_hold,
    claims_of_order,
    claims_of_saga,
    claims_of_supply,
)
from tests.simulation.checker.evidence import Change, Item, Report
from tests.simulation.checker.picture import (
    Commit,
    Picture,
    is_count,
    is_order,
    parsed,
    tenant_of,
)
from tests.simulation.checker.shards import SHARD, check_shards, in_shards, moved_in_shards, place_of_shard
from tests.simulation.checker.supply import LINE

HELD_BACK = ("damaged", "quality_control", "blocked")
BUCKETS = ("on_hand", "reserved", "allocated", "safety", *HELD_BACK, "in_transit", "future")
HOLD = "#HOLD#"


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
        moved = moved_in_shards(commit)
        for place in moved:
            check_shards(place, picture, report)
        for change in commit.stock:
            kind, _, name = change.sk.partition("#")
            if kind == "SUPPLY" and name:
                touched |= self._holds(f"{change.pk}#{change.sk}", claims_of_supply(change.pk, change.after or {}))
            elif HOLD in name:
                held = claims_of_hold(change.pk, _node(change.sk), change.after) if change.after else Claims()
                touched |= self._holds(f"{change.pk}#{name}", held)
            elif SHARD in name:
                place = place_of_shard(change.pk, change.sk)
                touched.add(place)
                if f"NODE#{place[1]}" not in {other.sk for other in commit.stock if other.pk == change.pk}:
                    _compare_with_ledger(place, {}, {}, moved[place], commit, report)
            elif kind == "NODE":
                touched.add((change.pk, name))
                _row_changed(change, moved.get((change.pk, name), 0), commit, report)
                check_shards((change.pk, name), picture, report)
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
            if sk.startswith("NODE#") and HOLD not in sk and SHARD not in sk
        }
        for place in places:
            check_shards(place, picture, report)
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
            reserved -= in_shards(picture.items("stock", sku), node)
            held = total.allocated.get((sku, node), 0)
            if allocated != held:
                report.note("INV1", where, f"allocated is {allocated}, open allocations are {held}")
            least, most = total.least.get((sku, node), 0), total.most.get((sku, node), 0)
            if not least <= reserved <= most:
                report.note("INV1", where, f"reserved is {reserved}, open reservations are {least} to {most}")
        for sku in {sku for sku, _ in places}:
            rows = picture.items("stock", sku)
            stock = {sk: row for sk, row in rows.items() if sk.startswith("NODE#") and HOLD not in sk}
            shards = sum(row["available"] for sk, row in stock.items() if SHARD in sk)
            reserved = sum(row.get("reserved", 0) for sk, row in stock.items() if SHARD not in sk) - shards
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


def _row_changed(change: Change, in_shards_more: int, commit: Commit, report: Report) -> None:
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
    _compare_with_ledger((change.pk, change.sk.partition("#")[2]), before, after, in_shards_more, commit, report)


def _compare_with_ledger(
    place: Place, before: Item, after: Item, in_shards_more: int, commit: Commit, report: Report
) -> None:
    """What a row and its shards have more or fewer, against the lines of the stock ledger in the same commit."""
    moved = _moved(place, commit)
    for bucket in (*BUCKETS, "available"):
        units = after.get(bucket, 0) - before.get(bucket, 0)
        # What lies in shards is available, though the row counts it as reserved.
        units += in_shards_more * {"available": 1, "reserved": -1}.get(bucket, 0)
        if units != moved.get(bucket, 0):
            told = f"{bucket} changed by {units}, the stock ledger says {moved.get(bucket, 0)}"
            report.note("INV1", f"{place[0]} NODE#{place[1]}", told)


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


def _moved(place: Place, commit: Commit) -> dict[str, int]:
    """What the lines of the stock ledger that the commit wrote say about a row."""
    where = place[0].replace("#SKU#", "#MOVES#", 1) + "#" + place[1]
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
