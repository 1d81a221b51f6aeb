"""How the calls of a node about its capacity are read."""

from __future__ import annotations

from oms.platform.fields import Code, Instant
from oms.platform.intake import Request


class PauseRequest(Request):
    """Take nothing on from now, until an instant or, without one, until the node resumes."""

    reason: Code
    until: Instant | None = None


class ResumeRequest(Request):
    """Take work on again."""
