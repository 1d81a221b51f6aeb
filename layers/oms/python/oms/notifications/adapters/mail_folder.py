"""The mail folder: messages as files below `notices/` in the bucket of files, for whoever has no identity to send from.

Any mail program opens them. They are gone after some days, since they hold addresses.
"""

from __future__ import annotations

from email.message import EmailMessage
from email.policy import SMTPUTF8

from oms.notifications.port import Accepted, Answer, Message
from oms.platform.effects import NoTrace, Unknown
from oms.platform.objects import Bucket

PREFIX = "notices/"
NOBODY = "orders@localhost.invalid"


class MailFolder(Bucket):
    """The bucket named by INTAKE_BUCKET; a message lies there once under its key, whatever is written again."""

    variable = "INTAKE_BUCKET"
    knows_repeats = True

    def send(self, key: str, message: Message) -> Answer | Unknown:
        """Write the message; where one lies under its key already, that one stays."""
        name = _name(key)
        found = self._put(name, as_mail(key, message), "message/rfc822")
        return found if isinstance(found, Unknown) else Accepted(name)

    def look_up(self, key: str) -> Accepted | Unknown | NoTrace:
        """Whether a message lies under its key."""
        name = _name(key)
        found = self._stored(name)
        return Accepted(name) if isinstance(found, str) else found


def as_mail(key: str, message: Message) -> bytes:
    """A message as mail programs read it (RFC 5322), in UTF-8 and with both its parts legible."""
    mail = EmailMessage(policy=SMTPUTF8.clone(cte_type="8bit"))
    mail["From"] = message.sender or NOBODY
    mail["To"] = message.to
    mail["Subject"] = message.subject
    mail["X-Spine-Notice"] = key
    mail.set_content(message.text + "\n", cte="8bit")
    mail.add_alternative(message.html, subtype="html", cte="8bit")
    mail.set_boundary(key.rpartition("/")[2])
    return bytes(mail)


def _name(key: str) -> str:
    return f"{PREFIX}{key}.eml"
