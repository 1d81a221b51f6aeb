"""INV3 in the ledger: entries balance, stand where they were posted, and each fact is posted once."""

from __future__ import annotations

from typing import Any

from tests.simulation.checker.evidence import Change, Item, Report
from tests.simulation.checker.picture import Commit, Partition, Picture, is_count, parsed

# The chart of accounts of the finance design; 9010 and 9020 are the memorandum pair, apart from the rest.
_CHART = """
    1010 1020 1030 1035 1040 1090 1110 1120 1190 1210 1310 2010 2020 2030 2040 2050 2210 2310 4010 4020 4030 4040 4050
    4090 4091 4092 5010 6010 6020 6021 6030 6040 6050 6060 6070 9010 9020
"""
ACCOUNTS = frozenset(_CHART.split())
MEMORANDUM = ("9010", "9020")


class LedgerRules:
    """Entries and pages as they are added."""

    def __init__(self, picture: Picture) -> None:
        self._posted: dict[tuple[Any, ...], str] = {}
        for pk, items in picture.table("ledger").items():
            if is_entry(pk):
                self._posted[identity_of(pk, entry_of(items["MARK"]))] = pk

    def after_commit(self, commit: Commit, picture: Picture, report: Report) -> None:
        entries: dict[str, str] = {}
        on_pages: list[str] = []
        for change in commit.ledger:
            kind = kind_of(change.pk)
            where = f"{change.pk} {change.sk}"
            if kind == "ENTRY" or (kind == "LEDGER" and change.sk.startswith("ENTRY#")):
                if change.before is not None or change.after is None:
                    report.note("INV3", where, "the ledger is append-only, and a row of it was changed")
                elif kind == "ENTRY":
                    entries[change.pk.split("#", 3)[3]] = change.pk
                    self._new_entry(change, report)
                else:
                    on_pages += change.after.get("entries", ())
                    _next_page(change, picture, report)
            elif change.sk.startswith("DAY#"):
                before, after = (change.before or {}).get("state"), (change.after or {}).get("state")
                more = int((change.after or {}).get("stores", 0)) - int((change.before or {}).get("stores", 0))
                if (before, after, more > 0) == ("OPEN", "OPEN", True):
                    # Another store has taken part in it.
                    continue
                if (before, after) not in ((None, "OPEN"), (None, "CLOSED"), ("OPEN", "CLOSED")):
                    report.note("INV3", where, f"a business day went from {before} to {after}")
        if sorted(entries) != sorted(on_pages):
            report.note("INV3", "ledger", f"posted {sorted(entries)}, put on pages {sorted(on_pages)}")

    def _new_entry(self, change: Change, report: Report) -> None:
        entry = entry_of(change.after or {})
        check_balanced(change.pk, entry, report)
        identity = identity_of(change.pk, entry)
        first = self._posted.setdefault(identity, change.pk)
        if first != change.pk:
            report.note("INV3", change.pk, f"{identity} is posted already at {first}")


def check_ledger(picture: Picture, report: Report) -> None:
    """The whole ledger at quiet: every entry balances, is posted once, and stands on one page; none was refused."""
    seen: dict[tuple[Any, ...], str] = {}
    entries: dict[tuple[str, str], int] = {}
    for pk, items in picture.table("ledger").items():
        tenant, kind = pk.split("#", 3)[1], kind_of(pk)
        if kind == "ENTRY":
            entry = entry_of(items["MARK"])
            check_balanced(pk, entry, report)
            first = seen.setdefault(identity_of(pk, entry), pk)
            if first != pk:
                report.note("INV3", pk, f"{identity_of(pk, entry)} is posted already at {first}")
            name = (tenant, pk.split("#", 3)[3])
            entries[name] = entries.get(name, 0) + 1
        elif kind == "LEDGER":
            for key in check_pages(pk, items, report):
                entries[tenant, key] = entries.get((tenant, key), 0) - 1
        elif kind == "QUARANTINE":
            for sk in items:
                report.note("INV3", f"{pk} {sk}", "the same fact was told with other content")
    for name, surplus in entries.items():
        if surplus:
            report.note("INV3", f"ledger {name}", "an entry and its place on a page do not match")


def check_balanced(where: str, entry: dict[str, Any], report: Report) -> None:
    """Debits equal credits per currency, in the general ledger and in the memorandum pair each; amounts are whole."""
    sums: dict[tuple[str, bool], int] = {}
    for line in entry["lines"]:
        debit, credit = line.get("debit", 0), line.get("credit", 0)
        whole = is_count(debit) and is_count(credit)
        if not whole or min(debit, credit) != 0 or max(debit, credit) <= 0:
            report.note("INV3", where, f"a line has {debit} on one side and {credit} on the other")
            return
        if line["account"] not in ACCOUNTS:
            report.note("INV3", where, f"there is no account {line['account']}")
        slot = (line["currency"], line["account"] in MEMORANDUM)
        sums[slot] = sums.get(slot, 0) + debit - credit
    for (currency, _), difference in sums.items():
        if difference:
            report.note("INV3", where, f"debits and credits differ by {difference} {currency}")
    if not entry["lines"]:
        report.note("INV3", where, "an entry without lines")


def check_pages(pk: str, items: Partition, report: Report) -> list[str]:
    """The pages of a lane follow each other without gaps, and nothing follows the closing one; the entries on them."""
    found: list[str] = []
    position, closed = 1, False
    for sk in sorted(sk for sk in items if sk.startswith("ENTRY#")):
        first = int(sk.partition("#")[2])
        if closed or first != position:
            report.note("INV3", f"{pk} {sk}", f"a page at {first}, where {'nothing' if closed else position} belongs")
        keys = items[sk].get("entries", ())
        found += keys
        position, closed = first + len(keys), bool(items[sk].get("closing"))
    return found


def _next_page(change: Change, picture: Picture, report: Report) -> None:
    """A new page begins where the one before it ends."""
    items = picture.items("ledger", change.pk)
    before = max((sk for sk in items if sk.startswith("ENTRY#") and sk < change.sk), default=None)
    if before is None:
        expected = 1
    elif items[before].get("closing"):
        report.note("INV3", f"{change.pk} {change.sk}", "a page behind the closing one")
        return
    else:
        expected = int(before.partition("#")[2]) + len(items[before].get("entries", ()))
    if int(change.sk.partition("#")[2]) != expected:
        report.note("INV3", f"{change.pk} {change.sk}", f"the page should begin at {expected}")


def kind_of(pk: str) -> str:
    """What a partition of the ledger holds: ENTRY, LEDGER, QUARANTINE or EXPORTS."""
    return pk.split("#", 3)[2]


def is_entry(pk: str) -> bool:
    return kind_of(pk) == "ENTRY"


def entry_of(item: Item) -> dict[str, Any]:
    found: dict[str, Any] = parsed(item["body"])
    return found


def identity_of(pk: str, entry: dict[str, Any]) -> tuple[Any, ...]:
    """What an entry is about: whose it is, the rule, and the fact by the name it has where it happened."""
    return pk.split("#", 2)[1], entry["entity"], entry["rule"], entry.get("psp"), entry["reference"]


def entries(picture: Picture) -> list[tuple[str, dict[str, Any]]]:
    """Every entry with its tenant."""
    table = picture.table("ledger")
    return [(pk.split("#", 3)[1], entry_of(items["MARK"])) for pk, items in table.items() if is_entry(pk) and items]


def net(entry: dict[str, Any]) -> dict[str, int]:
    """What an entry moves per account, debits positive."""
    sums: dict[str, int] = {}
    for line in entry["lines"]:
        sums[line["account"]] = sums.get(line["account"], 0) + line.get("debit", 0) - line.get("credit", 0)
    return {account: amount for account, amount in sums.items() if amount}
