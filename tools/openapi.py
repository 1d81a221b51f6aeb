"""The API description (OpenAPI 3.1), from the routes that the handlers register and the models that they read.

`openapi_handlers` says what the code has, `openapi_routes` what it leaves open, `openapi_answers` the missing shapes.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterable, Iterator
from typing import Any

from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import models_json_schema

from infra.http_functions import BURST_LIMIT, RATE_LIMIT
from oms.inventory.terms import CORRECT, CORRECT_ANY
from oms.platform.problems import Problem
from tools.event_contracts import PACKAGE, ROOT, without
from tools.openapi_answers import GatewayRefusal, ProblemDocument
from tools.openapi_handlers import MUTATING, Handled, handled_routes
from tools.openapi_routes import ROUTES
from tools.openapi_shapes import Route, in_words_of_the_standard

OPENAPI = ROOT / "docs" / "openapi.json"
_REF = "#/components/schemas/{model}"
_KEY_HEADER = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
    "description": "The same key and body again get the first answer, marked `Idempotency-Replayed: true`.",
}
_FIELDS = {
    "name": "fields",
    "in": "query",
    "schema": {"type": "string"},
    "description": "Names of fields, separated by commas: the answer has only these. All of them without it.",
}
_TEXT_HEADERS = {
    "X-Correlation-Id": "Kept with every event that the call causes; at most 128 characters.",
    "X-Reason": "Why the caller does this; shown in the timeline.",
}
_STATUS_TITLES = {
    400: "Unreadable",
    401: "Not authenticated",
    403: "Not allowed",
    404: "Unknown, or somebody else's",
    409: "Lost, stale or not available",
    413: "Too large",
    422: "Wrong",
    500: "Failed; the call may be repeated with the same key",
    503: "Busy; nothing was done",
}


def document() -> dict[str, Any]:
    """The whole description."""
    routes = handled_routes()
    names, schemas = _components(routes)
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, ROUTES[route.key], names, schemas)
    # What a call holds may need a scope beyond that of its route.
    scopes = sorted({CORRECT, CORRECT_ANY, *(route.scope for route in routes if route.scope)})
    flow = {
        "tokenUrl": "https://spine.auth.us-east-1.amazoncognito.com/oauth2/token",
        "scopes": {scope: f"`<tenant>/{scope}` in the token" for scope in scopes},
    }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Spine",
            "version": "1",
            "description": _DESCRIPTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [
            {
                "url": "https://{api}.execute-api.{region}.amazonaws.com",
                "description": "The output `ApiUrl` of the stack",
                "variables": {"api": {"default": "a1b2c3d4e5"}, "region": {"default": "us-east-1"}},
            }
        ],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": _problem_responses(),
            "securitySchemes": {"token": {"type": "oauth2", "flows": {"clientCredentials": flow}}},
        },
    }


def _components(routes: Iterable[Handled]) -> tuple[dict[tuple[type[BaseModel], str], str], dict[str, Any]]:
    """The name of every model, as read and as answered, and the schemas under these names."""
    wanted: list[tuple[type[BaseModel], Any]] = [(ProblemDocument, "serialization"), (GatewayRefusal, "serialization")]
    for route in routes:
        rows = ROUTES[route.key].rows
        if rows is not None:
            wanted.append((rows.model, "validation"))
        elif route.body is not None:
            wanted.append((route.body, "validation"))
        wanted += [(model, "validation") for model in ROUTES[route.key].bodies]
        wanted += [
            (model, "serialization") for model in ROUTES[route.key].answers.values() if not isinstance(model, str)
        ]
    wanted = list(dict.fromkeys(wanted))
    references, schemas = models_json_schema(wanted, ref_template=_REF)  # type: ignore[arg-type]
    text = json.dumps(in_words_of_the_standard(without({"$defs": schemas["$defs"]}, "title")["$defs"]))
    names = {key: value["$ref"].rsplit("/", 1)[1] for key, value in references.items()}
    for name in sorted(schemas["$defs"]):
        if "__" in name:
            # Two contexts have a model of this name: `oms__orders__request__Address` is `orders.Address`.
            parts = name.split("__")
            short = f"{parts[1]}.{parts[-1]}"
            text = text.replace(f'"{name}"', f'"{short}"').replace(f'/{name}"', f'/{short}"')
            names = {key: short if value == name else value for key, value in names.items()}
    return names, dict(sorted(json.loads(text).items()))


def _operation(route: Handled, told: Route, names: dict[Any, str], schemas: dict[str, Any]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": route.name,
        "tags": [route.function],
        "summary": told.summary,
    }
    if told.notes:
        operation["description"] = told.notes
    operation["security"] = [{"token": [route.scope]}] if route.scope else []
    operation["parameters"] = _parameters(route, told)
    if route.method in MUTATING:
        content = {"application/json": {"schema": _body(route, told, names, schemas)}}
        operation["requestBody"] = {"required": not (route.body_optional or told.bodies), "content": content}
    operation["responses"] = {
        str(status): _answer(status, model, names, route) for status, model in sorted(told.answers.items())
    } | {str(status): _reference_to_problem(status, route) for status in _refusals(route, told)}
    operation["responses"]["429"] = {"$ref": "#/components/responses/RateLimited"}
    return operation


def _body(route: Handled, told: Route, names: dict[Any, str], schemas: dict[str, Any]) -> dict[str, Any]:
    if told.rows is not None:
        row = _reference(names[told.rows.model, "validation"])
        rows = {"type": "array", "minItems": 1, "maxItems": told.rows.most, "items": row}
        return {"type": "object", "properties": {told.rows.name: rows}, "required": [told.rows.name]}
    if told.named:
        whole = schemas[names[route.body, "validation"]]
        return {**whole, "required": [name for name in whole["required"] if name != told.named]}
    if told.bodies:
        return {"anyOf": [_reference(names[model, "validation"]) for model in told.bodies]}
    return {"type": "object"} if route.body is None else _reference(names[route.body, "validation"])


def _parameters(route: Handled, told: Route) -> list[dict[str, Any]]:
    parameters: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": _path_schema(told, name)} for name in route.parameters
    ]
    query = route.query or told.query
    if query is not None:
        parameters += _query_parameters(query, told.required if route.query is None else None)
    if route.picks_fields:
        parameters.append(_FIELDS)
    if route.needs_key:
        parameters.append(_KEY_HEADER)
        if told.if_match:
            schema = {"type": "string", "pattern": '^(W/)?"?[0-9]+"?$'}
            parameters.append({"name": "If-Match", "in": "header", "schema": schema, "description": told.if_match})
        for name, text in _TEXT_HEADERS.items():
            parameters.append({"name": name, "in": "header", "schema": {"type": "string"}, "description": text})
    if route.method == "POST" and not route.scope:
        text = "`t=<seconds>,v1=<HMAC-SHA256 over t, a dot and the raw body>`, at most five minutes old."
        header = {"name": "Psp-Signature", "in": "header", "required": True, "schema": {"type": "string"}}
        parameters.append({**header, "description": text})
    return parameters


def _path_schema(told: Route, name: str) -> dict[str, Any]:
    return TypeAdapter(told.path[name]).json_schema() if name in told.path else {"type": "string"}


def _query_parameters(model: type[BaseModel], required: tuple[str, ...] | None) -> Iterator[dict[str, Any]]:
    schema = without(model.model_json_schema(), "title")
    definitions = schema.get("$defs", {})
    for name, found in schema["properties"].items():
        own = {key: value for key, value in found.items() if key not in ("description", "default") or value is not None}
        description = own.pop("description", None)
        own = _flat(own, definitions)
        needed = name in (schema.get("required", ()) if required is None else required)
        parameter = {"name": name, "in": "query", **({"required": True} if needed else {}), "schema": own}
        yield {**parameter, **({"description": description} if description else {})}


def _flat(schema: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """A parameter's schema without references and without null, which a query string cannot say."""
    if "$ref" in schema:
        own = {key: value for key, value in schema.items() if key != "$ref"}
        shown = {
            key: value for key, value in definitions[schema["$ref"].rsplit("/", 1)[1]].items() if key != "description"
        }
        return {**shown, **own}
    if "anyOf" in schema:
        (kept,) = (option for option in schema["anyOf"] if option != {"type": "null"})
        return _flat({**kept, **{key: value for key, value in schema.items() if key != "anyOf"}}, definitions)
    return schema


def _refusals(route: Handled, told: Route) -> list[int]:
    statuses = {500, *told.refusals}
    if route.scope:
        statuses |= {401, 403, 503}
    if route.parameters:
        statuses.add(404)
    if route.query or told.query or route.picks_fields:
        statuses.add(422)
    if route.method in MUTATING:
        statuses |= {400, 413, 422, 503} | ({409} if route.needs_key else {401})
    return sorted(statuses)


def _answer(status: int, model: Any, names: dict[Any, str], route: Handled) -> dict[str, Any]:
    content = (
        {model: {}}
        if isinstance(model, str)
        else {"application/json": {"schema": _reference(names[model, "serialization"])}}
    )
    text = {201: "Made", 202: "Accepted; the result follows"}.get(status, "Done")
    headers = {}
    if route.needs_key:
        headers["Idempotency-Replayed"] = {"schema": {"const": "true"}, "description": "Sent with a repeated answer."}
    if route.key == "POST /v1/orders":
        headers["Location"] = {"schema": {"type": "string"}, "description": "The path of the order."}
    return {"description": text, **({"headers": headers} if headers else {}), "content": content}


def _reference(name: str) -> dict[str, str]:
    return {"$ref": _REF.format(model=name)}


def _reference_to_problem(status: int, route: Handled) -> dict[str, str]:
    name = "GatewayRefused" if status == 401 and route.scope else f"Problem{status}"
    return {"$ref": f"#/components/responses/{name}"}


def problems() -> dict[int, list[type[Problem]]]:
    """Every cause of refusal of the product by its status, in order of its code."""
    for path in PACKAGE.rglob("*.py"):
        importlib.import_module(".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__"))
    found: dict[str, type[Problem]] = {}
    waiting: list[type[Problem]] = [Problem]
    while waiting:
        for child in waiting.pop().__subclasses__():
            waiting.append(child)
            if child.__module__.startswith("oms."):
                found.setdefault(child.code, child)
    by_status: dict[int, list[type[Problem]]] = {}
    for code in sorted(found):
        by_status.setdefault(found[code].status, []).append(found[code])
    return by_status


def _problem_responses() -> dict[str, Any]:
    responses: dict[str, Any] = {}
    for status, causes in sorted(problems().items()):
        table = "\n".join(f"- `{cause.code}`: {cause.title}" for cause in causes)
        narrowed = {"properties": {"status": {"const": status}, "code": {"enum": [cause.code for cause in causes]}}}
        schema = {"allOf": [_reference("ProblemDocument"), narrowed]}
        response: dict[str, Any] = {"description": f"{_STATUS_TITLES[status]}.\n\n{table}"}
        if any(cause.retry_after_seconds is not None for cause in causes):
            text = "Seconds to wait before the same call is repeated with the same key."
            response["headers"] = {"Retry-After": {"schema": {"type": "integer"}, "description": text}}
        response["content"] = {"application/problem+json": {"schema": schema}}
        responses[f"Problem{status}"] = response
    responses["GatewayRefused"] = {
        "description": "Not authenticated: refused by the gateway, or by the function where a token names no tenant.",
        "content": {
            "application/json": {"schema": _reference("GatewayRefusal")},
            "application/problem+json": {"schema": _reference("ProblemDocument")},
        },
    }
    responses["RateLimited"] = {
        "description": f"The gateway takes {_RATE}. Nothing was done; wait a moment and repeat with the same key.",
        "content": {"application/json": {"schema": _reference("GatewayRefusal")}},
    }
    return responses


_RATE = f"{RATE_LIMIT:,} requests a second of all callers together, and up to {BURST_LIMIT:,} at once"
_DESCRIPTION = (
    "Orders, nodes, items, stock, fulfilment and finance. JSON in snake_case; amounts are integers in minor units of "
    "the document's currency; times are RFC 3339 in UTC. The tenant is in the token and nowhere else. Every refusal is "
    "a problem document (RFC 9457) with a stable code and a pointer to each wrong field; only the gateway's own "
    "answers (401 without a valid token, 429 above the rate limit) have another shape.\n\n"
    f"Rate limit: {_RATE}; what is above gets 429."
)
