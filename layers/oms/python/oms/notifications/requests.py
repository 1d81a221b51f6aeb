"""How calls about notices are read."""

from __future__ import annotations

from oms.notifications.model import Milestone
from oms.notifications.rules import Locale, TemplateTexts
from oms.platform.fields import Code
from oms.platform.intake import Request


class ResendNotice(Request):
    """That a notice is to be sent again, in the language of the order or in another one."""

    locale: Locale | None = None


class PreviewNotice(Request):
    """What a message would look like: by the rules that hold for a channel, or by texts that are tried out."""

    milestone: Milestone
    locale: Locale
    channel: Code | None = None
    template: TemplateTexts | None = None
