"""Rule sets as they are shown."""

from __future__ import annotations

from typing import Any

from oms.platform.dynamodb import Database
from oms.platform.problems import NotFound
from oms.rulesets.model import RuleSet, RuleVersion, differences
from oms.rulesets.store import load_rule_set, load_rule_sets, load_versions


def read_rule_sets(database: Database, tenant: str, kind: str) -> dict[str, Any]:
    """Every rule set of a kind, by id, without its contents."""
    return {"rule_sets": [rule_set_document(rules) for rules in load_rule_sets(database, tenant, kind)]}


def read_rule_set(database: Database, tenant: str, kind: str, set_id: str) -> dict[str, Any]:
    """One rule set with the contents of the version that holds and of the newest one; raises NotFound."""
    rules = _existing(database, tenant, kind, set_id)
    wanted = {rules.newest} | ({rules.live} if rules.live else set())
    found = load_versions(database, tenant, kind, [(set_id, number) for number in wanted])
    return {
        **rule_set_document(rules),
        "live": _version(rules, found[set_id, rules.live]) if rules.live else None,
        "newest": _version(rules, found[set_id, rules.newest]),
    }


def read_rule_version(database: Database, tenant: str, kind: str, set_id: str, number: int) -> dict[str, Any]:
    """One version with its content; raises NotFound."""
    rules = _existing(database, tenant, kind, set_id)
    rules.status(number)
    found = load_versions(database, tenant, kind, [(set_id, number)])
    return _version(rules, found[set_id, number])


def read_rule_diff(
    database: Database, tenant: str, kind: str, set_id: str, first: int | None, second: int | None
) -> dict[str, Any]:
    """Where two versions differ: the one that holds and the newest one, where the call names no others."""
    rules = _existing(database, tenant, kind, set_id)
    second = rules.newest if second is None else second
    first = rules.live if first is None else first
    for number in (first, second):
        if number is not None:
            rules.status(number)
    found = load_versions(database, tenant, kind, [(set_id, number) for number in {first, second} if number])
    before = found[set_id, first].content if first else {}
    made = differences(before, found[set_id, second].content)
    return {
        "kind": kind,
        "id": set_id,
        "from": first,
        "to": second,
        "differences": [{"pointer": one.pointer, "before": one.before, "after": one.after} for one in made],
    }


def rule_set_document(rules: RuleSet) -> dict[str, Any]:
    """A rule set: which version holds, which is newest, and what every one of its versions is."""
    return {
        "kind": rules.kind,
        "id": rules.id,
        "version": rules.version,
        "live_number": rules.live,
        "newest_number": rules.newest,
        "previous_number": rules.held[-1] if rules.held else None,
        "available_actions": list(rules.available_actions),
    }


def _version(rules: RuleSet, version: RuleVersion) -> dict[str, Any]:
    return {"number": version.number, "status": rules.status(version.number).value, **_content(version)}


def _content(version: RuleVersion) -> dict[str, Any]:
    return {"created_at": version.created_at, "created_by": version.created_by, "content": version.content}


def _existing(database: Database, tenant: str, kind: str, set_id: str) -> RuleSet:
    found = load_rule_set(database, tenant, kind, set_id)
    if found is None:
        raise NotFound()
    return found
