"""The rules of notices: of which milestones customers hear, by which templates, and from whom. Pure.

They are rule sets of kind `notices`: one for each brand, which names its channels, or one for all others.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from oms.notifications.defaults import LANGUAGES, default_texts
from oms.notifications.locales import DEFAULT, fall_back
from oms.notifications.model import Milestone
from oms.notifications.templating import Template, TemplateFault, parse
from oms.platform.fields import Code, Label
from oms.platform.intake import Request

KIND = "notices"
MOST_TEMPLATES = 500

# The names that a template may use, besides those of all: what there is to say of each milestone.
OF_ALL = frozenset({"hello", "name", "order", "shop"})
_GOODS = frozenset({"lines"})
_LEFT = frozenset({"lines", "carrier", "tracking"})
NAMES: dict[Milestone, frozenset[str]] = {
    Milestone.CONFIRMED: _GOODS | {"total"},
    Milestone.DELAYED: _GOODS | {"when"},
    Milestone.READY: _GOODS | {"place", "code", "when"},
    Milestone.SHIPPED: _LEFT,
    Milestone.PARTLY_SHIPPED: _LEFT,
    Milestone.DELIVERED: _LEFT,
    Milestone.COLLECTED: _GOODS | {"collector", "when", "place"},
    Milestone.CANCELLED: _GOODS,
    Milestone.PARTLY_CANCELLED: _GOODS,
    Milestone.REFUNDED: frozenset({"amount"}),
    Milestone.RESERVATION_EXPIRING: _GOODS | {"when", "place"},
    Milestone.PAY_LINK: frozenset({"amount", "link", "when"}),
    Milestone.ACTIVATED: _GOODS | {"codes"},
    Milestone.CHOICE: _GOODS | {"link", "when"},
    Milestone.GOODWILL: frozenset({"amount", "code", "when"}),
}


def _readable(text: str) -> str:
    try:
        parse(text)
    except TemplateFault as fault:
        raise ValueError(str(fault)) from fault
    return text


Locale = Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Z]{2})?$")]
Sender = Annotated[str, Field(max_length=254, pattern=r"^[^@\s<>\x00-\x1f]+@[^@\s<>\x00-\x1f]+$")]
Line = Annotated[str, Field(min_length=1, max_length=300, pattern=r"^[^\x00-\x1f]+$"), AfterValidator(_readable)]
Page = Annotated[str, Field(max_length=500, pattern=r"^https://[^\s\"'<>]*\$name[^\s\"'<>]*$")]
Body = Annotated[str, Field(min_length=1, max_length=20_000), AfterValidator(_readable)]


class TemplateTexts(Request):
    """What a message says: its subject, its text, and its HTML; without one, the text is shown as HTML."""

    subject: Line
    text: Body
    html: Body | None = None


class NoticeTemplate(TemplateTexts):
    """The texts of a milestone in a locale."""

    milestone: Milestone
    locale: Locale

    @model_validator(mode="after")
    def _known_names(self) -> Self:
        refuse_unknown(self.milestone, self)
        return self


class NoticeRules(Request):
    """What the customers of some channels, or of all that no other set names, are told.

    `shop` is how the sender is called in the texts and `sender` its address; `pay_page` is the page of a pay link, with
    `$name` in the place of the link's name, and `choice_page` that of a choice. Nothing is sent with `enabled` false,
    nor of the milestones in `off`. A customer hears in the language of the order, as long as there is a template, else
    in `default_locale`.
    """

    channels: Annotated[tuple[Code, ...], Field(max_length=500)] = ()
    enabled: Annotated[bool, Field(strict=True)] = True
    off: Annotated[tuple[Milestone, ...], Field(max_length=len(Milestone))] = ()
    shop: Label | None = None
    sender: Sender | None = None
    pay_page: Page | None = None
    choice_page: Page | None = None
    default_locale: Locale = DEFAULT
    templates: Annotated[tuple[NoticeTemplate, ...], Field(max_length=MOST_TEMPLATES)] = ()

    @model_validator(mode="after")
    def _one_of_each(self) -> Self:
        if len({(one.milestone, one.locale) for one in self.templates}) < len(self.templates):
            raise ValueError("two templates of one milestone and locale")
        return self

    def tells(self, milestone: Milestone) -> bool:
        """Whether customers hear of a milestone."""
        return self.enabled and milestone not in self.off


@dataclass(frozen=True, slots=True)
class Chosen:
    """The templates of a message, the locale that they are of, and whether the retailer wrote them."""

    locale: str
    own: bool
    subject: Template
    text: Template
    html: Template | None


def refuse_unknown(milestone: Milestone, texts: TemplateTexts) -> None:
    """Raise ValueError where texts use a name that says nothing of a milestone."""
    known = OF_ALL | NAMES[milestone]
    for field, text in (("subject", texts.subject), ("text", texts.text), ("html", texts.html)):
        unknown = sorted(parse(text).names - known) if text else []
        if unknown:
            raise ValueError(f"{field}: ${unknown[0]} is not known of {milestone.value}; known are {_said(known)}")


def rules_of(sets: Iterable[NoticeRules], channel: str) -> NoticeRules:
    """The rules for a channel: the first set that names it, else the first that names none, else what always holds."""
    known = tuple(sets)
    own = (one for one in known if channel in one.channels)
    others = (one for one in known if not one.channels)
    return next(own, None) or next(others, None) or NoticeRules()


def chosen(rules: NoticeRules, milestone: Milestone, locale: str) -> Chosen:
    """The template for a locale: the retailer's, then ours, in the locale and its language, then in the default."""
    own = {one.locale: one for one in rules.templates if one.milestone is milestone}
    for wanted in _in_turn(rules, locale):
        if wanted in own:
            return of_texts(wanted, own[wanted])
        if wanted in LANGUAGES:
            subject, text = default_texts(wanted)[milestone]
            return Chosen(wanted, False, parse(subject), parse(text), None)
    raise AssertionError("English is always there")


def of_texts(locale: str, texts: TemplateTexts) -> Chosen:
    """The templates that the retailer wrote, read."""
    html = parse(texts.html) if texts.html else None
    return Chosen(locale, True, parse(texts.subject), parse(texts.text), html)


def _in_turn(rules: NoticeRules, locale: str) -> Iterator[str]:
    yield from fall_back(locale)
    yield from fall_back(rules.default_locale)
    yield DEFAULT


def _said(names: Iterable[str]) -> str:
    return ", ".join(f"${name}" for name in sorted(names))
