"""INV11: a tenant's data stays its own: in keys, in transactions, in files and in answers."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import quote

from tests.simulation.checker.evidence import Evidence, Report
from tests.simulation.checker.picture import Commit, Picture, is_order, tenant_of

IDENTIFIER = re.compile(r"\b(?:ord|ful|shp|pay)_[0-9A-Za-z]+(?:_\d+)*\b")


def check_keys(commit: Commit, report: Report) -> None:
    """Every key begins with a tenant, and one transaction is about one tenant."""
    tenants = set()
    for change in commit.all:
        tenant = tenant_of(change.pk)
        if tenant is None:
            report.note("INV11", f"{change.table} {change.pk} {change.sk}", "the key begins with no tenant")
            continue
        tenants.add(tenant)
        listed = (change.after or {}).get("gsi1pk")
        if listed is not None and tenant_of(listed) != tenant:
            report.note("INV11", f"{change.table} {change.pk} {change.sk}", f"is listed under {listed}")
    if len(tenants) > 1:
        report.note("INV11", "a commit", f"wrote for {sorted(tenants)} at once")


def check_isolation(picture: Picture, evidence: Evidence, report: Report) -> None:
    """At quiet: all keys, the tenant of every file, and that no answer shows what is somebody else's."""
    tenants = set()
    for table, partitions in picture.partitions.items():
        for pk, items in partitions.items():
            tenant = tenant_of(pk)
            if items and tenant is None:
                report.note("INV11", f"{table} {pk}", "the key begins with no tenant")
            tenants.add(tenant)
    for key in evidence.objects:
        owner = re.search(r"(?:^|/)tenant=([^/]+)/", key)
        if owner is None or owner[1] not in {quote(tenant or "", safe="") for tenant in tenants}:
            report.note("INV11", key, "the file belongs to no tenant")
    if len(tenants) > 1:
        _answers_are_own(picture, evidence, report)


def _answers_are_own(picture: Picture, evidence: Evidence, report: Report) -> None:
    """No answer names an object of another tenant, unless the caller had named it in the request."""
    owners = {pk.rsplit("#", 1)[1].partition("_")[2]: tenant_of(pk) for pk in picture.table("orders") if is_order(pk)}
    for answer in evidence.answers:
        asked = f"{answer.get('path')} {_text(answer.get('request_body'))}"
        for name in set(IDENTIFIER.findall(_text(answer.get("body")))):
            owner = owners.get(name.split("_")[1])
            if owner is not None and owner != answer.get("tenant") and (name not in asked or _succeeded(answer)):
                where = f"{answer.get('method')} {answer.get('path')}"
                report.note("INV11", where, f"{answer.get('tenant')} was shown {name} of {owner}")


def _succeeded(answer: dict[str, Any]) -> bool:
    return 200 <= (answer.get("status") or 0) < 300


def _text(content: Any) -> str:
    return content if isinstance(content, str) else json.dumps(content, default=str)
