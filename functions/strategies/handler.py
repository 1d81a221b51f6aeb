"""strategies: how orders are sourced, as configuration: drafts, what holds, promotion, roll-back, comparison."""

from __future__ import annotations

from typing import Any

from oms.platform.commands import Runtime
from oms.platform.http import Answer, answer, api, call, caller, ok, read, read_optional, read_query
from oms.rulesets import commands, views
from oms.rulesets.requests import DiffQuery, Promotion, RollBack, rule_set_name, version_number
from oms.sourcing.strategy import KIND, Strategy

app = api()
runtime = Runtime()


@app.get("/v1/sourcing/strategies")
def list_strategies() -> Answer:
    return ok(views.read_rule_sets(runtime.database, caller(app, "rules.read", "RULES#").tenant, KIND))


@app.put("/v1/sourcing/strategies/<strategy_id>")
def put_strategy(strategy_id: str) -> Answer:
    principal, content = caller(app, "rules.write", "RULES#"), read(app, Strategy)
    command = call(app, "put_rule_set", principal, content, target=f"{KIND}#{strategy_id}")
    return answer(commands.put_rule_set(runtime, command, KIND, rule_set_name(strategy_id), content))


@app.get("/v1/sourcing/strategies/<strategy_id>")
def read_strategy(strategy_id: str) -> Answer:
    return ok(views.read_rule_set(runtime.database, caller(app, "rules.read", "RULES#").tenant, KIND, strategy_id))


@app.get("/v1/sourcing/strategies/<strategy_id>/versions/<number>")
def read_strategy_version(strategy_id: str, number: str) -> Answer:
    tenant, wanted = caller(app, "rules.read", "RULES#").tenant, version_number(number)
    return ok(views.read_rule_version(runtime.database, tenant, KIND, strategy_id, wanted))


@app.get("/v1/sourcing/strategies/<strategy_id>/diff")
def compare_strategy(strategy_id: str) -> Answer:
    tenant, wanted = caller(app, "rules.read", "RULES#").tenant, read_query(app, DiffQuery)
    return ok(views.read_rule_diff(runtime.database, tenant, KIND, strategy_id, wanted.from_number, wanted.to_number))


@app.post("/v1/sourcing/strategies/<strategy_id>/promotions")
def promote_strategy(strategy_id: str) -> Answer:
    principal, body = caller(app, "rules.write", "RULES#"), read(app, Promotion)
    command = call(app, "promote_rule_set", principal, body, target=f"{KIND}#{strategy_id}")
    return answer(commands.promote_rule_set(runtime, command, KIND, strategy_id, body.number))


@app.post("/v1/sourcing/strategies/<strategy_id>/rollbacks")
def roll_back_strategy(strategy_id: str) -> Answer:
    principal, body = caller(app, "rules.write", "RULES#"), read_optional(app, RollBack)
    command = call(app, "roll_back_rule_set", principal, body, target=f"{KIND}#{strategy_id}")
    return answer(commands.roll_back_rule_set(runtime, command, KIND, strategy_id))


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return app.resolve(event, context)
