"""Reading and writing rule sets (table `registry`, partition T#<tenant>#RULES#<kind>).

| access pattern | how |
|---|---|
| the rule sets of a kind | Query sk begins HEAD# |
| one rule set | GetItem HEAD#<id> |
| some versions | BatchGet VERSION#<id>#<number> |
| which versions hold | Query pk T#<tenant>#LIVE, sk begins <kind># |
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from oms.platform.dynamodb import Database
from oms.platform.principal import tenant_prefix
from oms.platform.writes import Item, Key, Write, create, put
from oms.rulesets.model import RuleSet, RuleVersion

TABLE = "registry"


def partition(tenant: str, kind: str) -> str:
    """Where the rule sets of a kind are kept."""
    return f"{tenant_prefix(tenant)}RULES#{kind}"


def load_rule_set(database: Database, tenant: str, kind: str, set_id: str) -> RuleSet | None:
    """One rule set, or None."""
    item = database.get(TABLE, Key(partition(tenant, kind), f"HEAD#{set_id}"))
    return RuleSet.model_validate_json(str(item["body"])) if item else None


def load_rule_sets(database: Database, tenant: str, kind: str) -> list[RuleSet]:
    """Every rule set of a kind, by id."""
    items = database.query(TABLE, partition(tenant, kind), begins="HEAD#")
    return [RuleSet.model_validate_json(str(item["body"])) for item in items]


def load_versions(
    database: Database, tenant: str, kind: str, wanted: Iterable[tuple[str, int]]
) -> dict[tuple[str, int], RuleVersion]:
    """The named versions that exist, by set and number."""
    keys = {(TABLE, _version_key(tenant, kind, set_id, number)): (set_id, number) for set_id, number in wanted}
    found = database.get_many(list(keys))
    return {keys[place]: RuleVersion.model_validate_json(str(item["body"])) for place, item in found.items()}


def live_versions(database: Database, tenant: str, kind: str) -> dict[str, int]:
    """Which version of which set of a kind holds now, by id."""
    items = database.query(TABLE, _live_partition(tenant), begins=f"{kind}#")
    return {str(item["sk"]).removeprefix(f"{kind}#"): int(str(item["number"])) for item in items}


def rule_set_writes(tenant: str, rules: RuleSet, before: RuleSet | None, version: RuleVersion | None) -> list[Write]:
    """A changed rule set, its new version where it has one, and what holds where that has changed."""
    key = Key(partition(tenant, rules.kind), f"HEAD#{rules.id}")
    head: Item = {"version": rules.version, "body": rules.model_dump_json()}
    writes = [create(TABLE, key, head) if before is None else put(TABLE, key, head, version=before.version)]
    if version is not None:
        body = json.dumps(version.model_dump(mode="json"), separators=(",", ":"), ensure_ascii=False)
        writes.append(create(TABLE, _version_key(tenant, rules.kind, rules.id, version.number), {"body": body}))
    if rules.live != (before.live if before else None):
        # Held to the version by the row of the set in the same transaction.
        writes.append(put(TABLE, Key(_live_partition(tenant), f"{rules.kind}#{rules.id}"), {"number": rules.live}))
    return writes


def _version_key(tenant: str, kind: str, set_id: str, number: int) -> Key:
    return Key(partition(tenant, kind), f"VERSION#{set_id}#{number:06d}")


def _live_partition(tenant: str) -> str:
    return f"{tenant_prefix(tenant)}LIVE"
