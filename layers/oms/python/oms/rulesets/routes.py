"""The routes of a kind of rules, for the function that serves them."""

from __future__ import annotations

from collections.abc import Callable

from pydantic import BaseModel

from oms.platform.commands import Runtime
from oms.platform.http import Answer, Api, answer, call, caller, ok, read, read_optional, read_query
from oms.rulesets import commands, views
from oms.rulesets.requests import DiffQuery, Promotion, RollBack, rule_set_name, version_number


def serve(app: Api, runtime: Callable[[], Runtime], noun: str, path: str, kind: str, model: type[BaseModel]) -> None:
    """Give a kind of rules its routes; `noun` names them in the API description."""

    def list_sets() -> Answer:
        return ok(views.read_rule_sets(runtime().database, caller(app, "rules.read", "RULES#").tenant, kind))

    def read_set(rule_set_id: str) -> Answer:
        return ok(
            views.read_rule_set(runtime().database, caller(app, "rules.read", "RULES#").tenant, kind, rule_set_id)
        )

    def read_version(rule_set_id: str, number: str) -> Answer:
        tenant, wanted = caller(app, "rules.read", "RULES#").tenant, version_number(number)
        return ok(views.read_rule_version(runtime().database, tenant, kind, rule_set_id, wanted))

    def compare(rule_set_id: str) -> Answer:
        tenant, wanted = caller(app, "rules.read", "RULES#").tenant, read_query(app, DiffQuery)
        numbers = wanted.from_number, wanted.to_number
        return ok(views.read_rule_diff(runtime().database, tenant, kind, rule_set_id, *numbers))

    def put_set(rule_set_id: str) -> Answer:
        principal, content = caller(app, "rules.write", "RULES#"), read(app, model)
        command = call(app, "put_rule_set", principal, content, target=f"{kind}#{rule_set_id}")
        return answer(commands.put_rule_set(runtime(), command, kind, rule_set_name(rule_set_id), content))

    def promote(rule_set_id: str) -> Answer:
        principal, body = caller(app, "rules.write", "RULES#"), read(app, Promotion)
        command = call(app, "promote_rule_set", principal, body, target=f"{kind}#{rule_set_id}")
        return answer(commands.promote_rule_set(runtime(), command, kind, rule_set_id, body.number))

    def roll_back(rule_set_id: str) -> Answer:
        principal, body = caller(app, "rules.write", "RULES#"), read_optional(app, RollBack)
        command = call(app, "roll_back_rule_set", principal, body, target=f"{kind}#{rule_set_id}")
        return answer(commands.roll_back_rule_set(runtime(), command, kind, rule_set_id))

    one = f"{path}/<rule_set_id>"
    for method, below, name, function in (
        ("GET", path, f"list_{noun}", list_sets),
        ("GET", one, f"read_{noun}", read_set),
        ("GET", f"{one}/versions/<number>", f"read_{noun}_version", read_version),
        ("GET", f"{one}/diff", f"compare_{noun}", compare),
        ("PUT", one, f"put_{noun}", put_set),
        ("POST", f"{one}/promotions", f"promote_{noun}", promote),
        ("POST", f"{one}/rollbacks", f"roll_back_{noun}", roll_back),
    ):
        function.__name__ = name
        app.route(below, method)(function)
