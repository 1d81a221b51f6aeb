"""rule_sets: the rules of stock as configuration: drafts, the version that holds, promotion, roll-back, comparison."""

from __future__ import annotations

from typing import Any

from oms.inventory.rules import KIND, InventoryRules
from oms.platform.commands import Runtime
from oms.platform.http import Answer, answer, api, call, caller, ok, read, read_optional, read_query
from oms.rulesets import commands, views
from oms.rulesets.requests import DiffQuery, Promotion, RollBack, rule_set_name, version_number

app = api()
runtime = Runtime()


@app.get("/v1/inventory/rules")
def list_inventory_rules() -> Answer:
    return ok(views.read_rule_sets(runtime.database, caller(app, "rules.read", "RULES#").tenant, KIND))


@app.put("/v1/inventory/rules/<rule_set_id>")
def put_inventory_rules(rule_set_id: str) -> Answer:
    principal, content = caller(app, "rules.write", "RULES#"), read(app, InventoryRules)
    command = call(app, "put_rule_set", principal, content, target=f"{KIND}#{rule_set_id}")
    return answer(commands.put_rule_set(runtime, command, KIND, rule_set_name(rule_set_id), content))


@app.get("/v1/inventory/rules/<rule_set_id>")
def read_inventory_rules(rule_set_id: str) -> Answer:
    return ok(views.read_rule_set(runtime.database, caller(app, "rules.read", "RULES#").tenant, KIND, rule_set_id))


@app.get("/v1/inventory/rules/<rule_set_id>/versions/<number>")
def read_inventory_rules_version(rule_set_id: str, number: str) -> Answer:
    tenant, wanted = caller(app, "rules.read", "RULES#").tenant, version_number(number)
    return ok(views.read_rule_version(runtime.database, tenant, KIND, rule_set_id, wanted))


@app.get("/v1/inventory/rules/<rule_set_id>/diff")
def compare_inventory_rules(rule_set_id: str) -> Answer:
    tenant, wanted = caller(app, "rules.read", "RULES#").tenant, read_query(app, DiffQuery)
    return ok(views.read_rule_diff(runtime.database, tenant, KIND, rule_set_id, wanted.from_number, wanted.to_number))


@app.post("/v1/inventory/rules/<rule_set_id>/promotions")
def promote_inventory_rules(rule_set_id: str) -> Answer:
    principal, body = caller(app, "rules.write", "RULES#"), read(app, Promotion)
    command = call(app, "promote_rule_set", principal, body, target=f"{KIND}#{rule_set_id}")
    return answer(commands.promote_rule_set(runtime, command, KIND, rule_set_id, body.number))


@app.post("/v1/inventory/rules/<rule_set_id>/rollbacks")
def roll_back_inventory_rules(rule_set_id: str) -> Answer:
    principal, body = caller(app, "rules.write", "RULES#"), read_optional(app, RollBack)
    command = call(app, "roll_back_rule_set", principal, body, target=f"{KIND}#{rule_set_id}")
    return answer(commands.roll_back_rule_set(runtime, command, KIND, rule_set_id))


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return app.resolve(event, context)
