"""HTTP: from an API Gateway event to a command and back to a response.

A handler builds one `api()`, and its routes read the body with `read`, name the caller with `caller`, build a `call`
and answer with `answer`. Every Problem becomes `application/problem+json`.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any, TypeVar

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from pydantic import BaseModel

from oms.platform.commands import Call, Outcome, input_hash
from oms.platform.intake import has_card_number, read_json, validate
from oms.platform.observability import logger
from oms.platform.principal import Principal, authorize, principal_from_claims, tenant_prefix
from oms.platform.problems import (
    CardNumberFound,
    FieldError,
    IdempotencyKeyMissing,
    InvalidRequest,
    MalformedJson,
    NotAuthenticated,
    NotFound,
    Problem,
)

M = TypeVar("M", bound=BaseModel)
Answer = Response[str]
File = Response[bytes]


class Unexpected(Problem):
    status = 500
    code = "unexpected"
    title = "The service failed; the call may be repeated with the same Idempotency-Key."
    remedy = "Repeat the call with the same key; if it fails again, name the correlation id to support."


# The routes of a function.
Api = APIGatewayHttpResolver


def api() -> Api:
    """A router whose refusals are problem documents."""
    app = Api()

    @app.exception_handler(Problem)
    def refused(problem: Problem) -> Answer:
        return problem_response(problem)

    @app.exception_handler(NotFoundError)
    def no_route(_: NotFoundError) -> Answer:
        return problem_response(NotFound("There is no such path."))

    @app.exception_handler(Exception)
    def failed(error: Exception) -> Answer:
        logger().exception("unexpected failure", error_type=type(error).__name__)
        return problem_response(Unexpected())

    return app


def problem_response(problem: Problem) -> Answer:
    """A refusal as an HTTP response."""
    headers = {}
    if problem.retry_after_seconds is not None:
        headers["Retry-After"] = str(problem.retry_after_seconds)
    body = json.dumps(problem.document(), ensure_ascii=False)
    return Response(problem.status, "application/problem+json", body, headers)


def caller(app: Api, action: str, target: str) -> Principal:
    """The authenticated caller, allowed to take the action on an object of its own tenant.

    `target` is the object's key after the tenant, such as `ORDER#ord_1`, or what the keys of a list begin with. Whose
    node or channel the object is, the command asks when it has read it.
    """
    context = app.current_event.raw_event.get("requestContext", {})
    claims = context.get("authorizer", {}).get("jwt", {}).get("claims", {})
    if not claims:
        raise NotAuthenticated()
    principal = principal_from_claims({name: _text(value) for name, value in claims.items()})
    authorize(principal, action, f"{tenant_prefix(principal.tenant)}{target}")
    return principal


def _text(claim: Any) -> str:
    return " ".join(claim) if isinstance(claim, list) else str(claim)


def read(app: Api, model: type[M]) -> M:
    """The body as a validated request."""
    return validate(model, read_json(raw_body(app)))


def read_optional(app: Api, model: type[M]) -> M:
    """The body as a validated request; no body at all means a request without content."""
    return read(app, model) if raw_body(app) else validate(model, {})


def read_query(app: Api, model: type[M]) -> M:
    """The query string as a validated request; a refusal names the parameter as `/query/<name>`."""
    try:
        return validate(model, dict(app.current_event.query_string_parameters))
    except InvalidRequest as refusal:
        raise InvalidRequest(
            refusal.detail,
            errors=[FieldError(f"/query{error.pointer}", error.code, error.detail) for error in refusal.errors],
        ) from refusal


def raw_body(app: Api) -> str | None:
    """The body as it was sent, decoded where the gateway encoded it; one that is no text raises MalformedJson."""
    event = app.current_event.raw_event
    body: str | None = event.get("body")
    if not body or not event.get("isBase64Encoded"):
        return body
    try:
        return base64.b64decode(body, validate=True).decode()
    except ValueError as error:
        raise MalformedJson("The body is not text in UTF-8.") from error


def call(app: Api, command: str, principal: Principal, body: object, *, target: str = "") -> Call:
    """The call of a command, from the request's headers; without Idempotency-Key it raises IdempotencyKeyMissing.

    `target` is the id in the path: it takes part in telling a repeat from a reuse of the key.
    """
    headers = {name.lower(): value for name, value in app.current_event.headers.items()}
    key = headers.get("idempotency-key", "").strip()
    if not key:
        raise IdempotencyKeyMissing()
    if len(key) > 255 or not (key.isascii() and key.isprintable()):
        detail = "1 to 255 printable ASCII characters"
        raise InvalidRequest(errors=[FieldError("/header/Idempotency-Key", "invalid", detail)])
    for name in ("idempotency-key", "x-correlation-id", "x-reason"):
        if has_card_number(headers.get(name, "")):
            raise CardNumberFound("A header holds what looks like a card number.", pointer=f"/header/{name}")
    request_id = str(app.current_event.raw_event.get("requestContext", {}).get("requestId", key))
    return Call(
        command=command,
        principal=principal,
        key=f"{principal.actor}#{key}",
        input_hash=input_hash([target, body.model_dump(mode="json") if isinstance(body, BaseModel) else body]),
        correlation_id=headers["x-correlation-id"][:128] if "x-correlation-id" in headers else None,
        causation_id=request_id,
        channel=next(iter(principal.channels)) if len(principal.channels) == 1 else None,
        expected_version=_if_match(headers.get("if-match")),
        reason=headers.get("x-reason"),
    )


def _if_match(header: str | None) -> int | None:
    if header is None:
        return None
    text = header.strip().removeprefix("W/").strip('"')
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise InvalidRequest(errors=[FieldError("/header/If-Match", "invalid", "a version number")])
    return int(text)


def answer(outcome: Outcome, *, location: str | None = None) -> Answer:
    """A command's outcome; a repeat has the recorded status and body and is marked by Idempotency-Replayed."""
    headers = {"Idempotency-Replayed": "true"} if outcome.replayed else {}
    if location is not None:
        headers["Location"] = location
    # What a device did and could not be done any more is recorded as refused.
    kind = "application/json" if outcome.status < 400 else "application/problem+json"
    return Response(outcome.status, kind, json.dumps(outcome.body, ensure_ascii=False), headers)


def ok(body: BaseModel | Mapping[str, Any]) -> Answer:
    """A successful read."""
    text = body.model_dump_json() if isinstance(body, BaseModel) else json.dumps(body, ensure_ascii=False)
    return Response(200, "application/json", text)


def file(body: bytes, content_type: str, name: str, language: str) -> File:
    """A file to be shown, in bytes; nobody on the way keeps it. `name` is ASCII and has no quotes."""
    headers: dict[str, str | list[str]] = {
        "Content-Disposition": f'inline; filename="{name}"',
        "Content-Language": language,
        "Cache-Control": "private, no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(200, content_type, body, headers)


def header(app: Api, name: str) -> str | None:
    """A header of the request by its name in small letters, or None."""
    return {sent.lower(): value for sent, value in app.current_event.headers.items()}.get(name)


def some_fields(app: Api, body: M) -> M | dict[str, Any]:
    """Only the fields that the query parameter `fields` names, separated by commas; all of them without it.

    A name that the object does not have raises InvalidRequest.
    """
    asked = app.current_event.query_string_parameters.get("fields")
    if not asked:
        return body
    names = asked.split(",")
    unknown = sorted(set(names) - set(type(body).model_fields))
    if unknown:
        raise InvalidRequest(errors=[FieldError("/query/fields", "unknown_field", f"there is no field {unknown[0]}")])
    return body.model_dump(mode="json", include=set(names))
