"""Refusals: one class per cause, each with a stable code, an HTTP status and what to do about it.

The statuses follow the error table of the product: 400 unreadable, 403 and 404 not yours, 409 lost or stale,
413 too big, 422 wrong, 503 try again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FieldError:
    """One wrong field: a JSON pointer to it, a stable code and a sentence."""

    pointer: str
    code: str
    detail: str

    def as_dict(self) -> dict[str, str]:
        return {"pointer": self.pointer, "code": self.code, "detail": self.detail}


class Problem(Exception):
    """A refusal that is shown to the caller; nothing was changed when it is raised."""

    status: int = 422
    code: str = "problem"
    title: str = "The request was refused."
    remedy: str = "Correct the request and send it again."
    retry_after_seconds: int | None = None

    def __init__(self, detail: str = "", *, errors: Sequence[FieldError] = (), pointer: str = "") -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.errors: tuple[FieldError, ...] = tuple(errors)
        if pointer and not self.errors:
            self.errors = (FieldError(pointer, self.code, self.detail),)

    def document(self) -> Mapping[str, object]:
        """The `application/problem+json` body (RFC 9457) of this refusal."""
        return {
            "type": f"urn:spine:problem:{self.code}",
            "title": self.title,
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
            "remedy": self.remedy,
            "errors": [error.as_dict() for error in self.errors],
        }


class MalformedJson(Problem):
    status = 400
    code = "malformed_json"
    title = "The body is not valid JSON."
    remedy = "Send one JSON object in UTF-8, without NaN or Infinity and without repeated keys."


class IdempotencyKeyMissing(Problem):
    status = 400
    code = "idempotency_key_missing"
    title = "The Idempotency-Key header is missing."
    remedy = (
        "Send a header Idempotency-Key of 1 to 255 printable ASCII characters and repeat the same key when you retry."
    )


class NotAuthenticated(Problem):
    status = 401
    code = "not_authenticated"
    title = "The call carries no usable identity."
    remedy = "Send a bearer token of this tenant, or a valid signature on a webhook."


class ScopeMissing(Problem):
    status = 403
    code = "scope_missing"
    title = "The token does not allow this action."
    remedy = "Ask for a token that carries the named scope."


class NotFound(Problem):
    status = 404
    code = "not_found"
    title = "There is no such object."
    remedy = "Check the identifier and the tenant of the token."


class StaleVersion(Problem):
    status = 409
    code = "stale_version"
    title = "The object has changed since it was read."
    remedy = "Read it again and repeat the change against the new version."


class ActionNotAvailable(Problem):
    status = 409
    code = "action_not_available"
    title = "The object's state does not allow this action."
    remedy = "Take one of the actions listed in available_actions."


class OutOfStock(Problem):
    status = 409
    code = "out_of_stock"
    title = "There is not enough stock."
    remedy = "Lower the quantity, choose another item or try again later."


class ExternalIdTaken(Problem):
    status = 409
    code = "external_id_taken"
    title = "This channel has already placed another order under the same external id."
    remedy = "Use a new external id, or read the order that exists."


class StillRunning(Problem):
    status = 409
    code = "still_running"
    title = "The first call with this Idempotency-Key is still running."
    remedy = "Wait a moment and repeat the call with the same key."
    retry_after_seconds = 1


class TooLarge(Problem):
    status = 413
    code = "too_large"
    title = "The request is larger than the limit."
    remedy = "Split the request, or ask for a higher limit."


class InvalidRequest(Problem):
    status = 422
    code = "invalid_request"
    title = "Some fields of the request are wrong."
    remedy = "Correct the fields named in errors; nothing was stored."


class KeyReused(Problem):
    status = 422
    code = "idempotency_key_reused"
    title = "The Idempotency-Key was used before with another body."
    remedy = "Use a new key for a new request, or repeat the first body unchanged."


class CardNumberFound(InvalidRequest):
    code = "card_number_found"
    title = "The request contains a card number."
    remedy = "Never send card numbers; send the token of the payment provider."


class Busy(Problem):
    status = 503
    code = "busy"
    title = "The store behind the service is busy; nothing was done."
    remedy = "Repeat the same call with the same key after the time named in Retry-After."
    retry_after_seconds = 2
