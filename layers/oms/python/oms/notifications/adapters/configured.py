"""The transport of this deployment: SES where it names a sender, else the mail folder."""

from __future__ import annotations

import os
from functools import lru_cache

from oms.notifications.adapters.mail_folder import MailFolder
from oms.notifications.adapters.ses import SENDER, Ses
from oms.notifications.port import Transport


@lru_cache(maxsize=2)
def _made(sends: bool) -> Transport:
    return Ses() if sends else MailFolder()


def transport() -> Transport:
    """What carries notices here."""
    return _made(bool(os.environ.get(SENDER)))
