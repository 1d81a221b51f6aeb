"""The secret of the deployment from which the subscribers' secrets are derived; kept for five minutes."""

from __future__ import annotations

from oms.payments.adapters.configured import stored_secret


def master() -> str:
    """The secret itself: a long random text."""
    return str(stored_secret("WEBHOOK_SECRET_ARN")["master"])
