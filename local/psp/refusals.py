"""How the provider says no: one exception with a status, a stable code and one plain sentence."""

from __future__ import annotations

from typing import Any

CARD_ERROR = 402


class Refused(Exception):
    """The provider does not do what was asked, and nothing changed.

    `status` is the HTTP status, `code` never changes once published, `param` names the field at fault and
    `decline_code` says why a card was declined (status 402 only).
    """

    def __init__(
        self, status: int, code: str, message: str, *, param: str | None = None, decline_code: str | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.param = param
        self.decline_code = decline_code

    def document(self) -> dict[str, Any]:
        """The error as the API shows it."""
        error: dict[str, Any] = {
            "type": "card_error" if self.status == CARD_ERROR else "request_error",
            "code": self.code,
            "message": self.message,
        }
        if self.param is not None:
            error["param"] = self.param
        if self.decline_code is not None:
            error["decline_code"] = self.decline_code
        return {"error": error}
