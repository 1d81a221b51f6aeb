"""The rules of papers: what they look like and say, for a brand and in a locale. Pure.

They are rule sets of kind `papers`: one for each brand, which names its channels or its selling nodes, or one for all
others.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from oms.notifications.locales import DEFAULT, fall_back
from oms.notifications.templating import Template, TemplateFault, parse
from oms.papers.model import Page, PaperKind
from oms.papers.words import LANGUAGES, PARTS, Word, defaults
from oms.platform.fields import Code, Label
from oms.platform.intake import Request

KIND = "papers"
MOST_TEXTS = 500
_MOST_ON_A_LABEL, _MOST_BREAKS = 200, 3

# The names that a text may use: of all papers, and of those that are about an order and its customer.
_OF_ALL = frozenset({"shop", "node", "number", "order"})
NAMES: Mapping[PaperKind, frozenset[str]] = {
    PaperKind.PICK_SHEET: _OF_ALL,
    **{kind: _OF_ALL | {"name"} for kind in PaperKind if kind is not PaperKind.PICK_SHEET},
}


def _readable(text: str) -> str:
    try:
        parse(text)
    except TemplateFault as fault:
        raise ValueError(str(fault)) from fault
    return text


Locale = Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Z]{2})?$")]
Line = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f]+$"), AfterValidator(_readable)]
# An empty text leaves out what is otherwise there.
Body = Annotated[str, Field(max_length=2_000, pattern=r"^[^\x00-\x09\x0b-\x1f]*$"), AfterValidator(_readable)]
Rows = Annotated[tuple[Label, ...], Field(max_length=6)]


class PaperTexts(Request):
    """What a paper says in a locale; what is left out is said as ever."""

    paper: PaperKind
    locale: Locale
    title: Line | None = None
    opening: Body | None = None
    closing: Body | None = None
    footer: Body | None = None

    @model_validator(mode="after")
    def _fit(self) -> Self:
        known, label = NAMES[self.paper], self.paper is PaperKind.RETURN_LABEL
        for part in PARTS:
            text = getattr(self, part)
            unknown = sorted(parse(text).names - known) if text else []
            if label and text and (len(text) > _MOST_ON_A_LABEL or text.count("\n") > _MOST_BREAKS):
                raise ValueError(f"{part}: a label has room for {_MOST_ON_A_LABEL} characters in four rows")
            if unknown:
                said = ", ".join(f"${name}" for name in sorted(known))
                raise ValueError(f"{part}: ${unknown[0]} is not known of {self.paper.value}; known are {said}")
        return self


class PaperWords(Request):
    """How headings, fields and columns are called in a locale; those that are left out are called as ever."""

    locale: Locale
    words: Annotated[dict[Word, Label], Field(max_length=len(Word))]


class PaperRules(Request):
    """The papers of some channels and of some selling nodes, or of all that no closer set names.

    `logo` is the name of the brand in large letters, `address` what stands below it, and `return_address` where returns
    go; without one they go to the node that sent the goods.
    """

    channels: Annotated[tuple[Code, ...], Field(max_length=500)] = ()
    selling_nodes: Annotated[tuple[Code, ...], Field(max_length=500)] = ()
    logo: Label | None = None
    address: Rows = ()
    return_address: Rows = ()
    page: Page = Page.A4
    default_locale: Locale = DEFAULT
    texts: Annotated[tuple[PaperTexts, ...], Field(max_length=MOST_TEXTS)] = ()
    words: Annotated[tuple[PaperWords, ...], Field(max_length=MOST_TEXTS)] = ()

    @model_validator(mode="after")
    def _one_of_each(self) -> Self:
        if len({(one.paper, one.locale) for one in self.texts}) < len(self.texts):
            raise ValueError("two texts of one paper and locale")
        if len({one.locale for one in self.words}) < len(self.words):
            raise ValueError("two lists of words of one locale")
        return self

    def are_for(self, channel: str, selling_node: str) -> bool:
        """Whether they hold for an order of a channel and a selling node."""
        named = not self.channels or channel in self.channels
        return named and (not self.selling_nodes or selling_node in self.selling_nodes)


@dataclass(frozen=True, slots=True)
class Chosen:
    """The texts of a paper by their parts and its words; `language` is that of its title."""

    language: str
    texts: Mapping[str, Template]
    words: Mapping[Word, str]


def rules_of(sets: Iterable[PaperRules], channel: str, selling_node: str) -> PaperRules:
    """The rules for a brand: the first set of those that name its selling node, else its channel, else neither."""
    fitting = [one for one in sets if one.are_for(channel, selling_node)]
    closest = sorted(fitting, key=lambda one: (not one.selling_nodes, not one.channels))
    return closest[0] if closest else PaperRules()


def chosen(rules: PaperRules, kind: PaperKind, locale: str) -> Chosen:
    """What a paper says in a locale, each text and word by itself: the retailer's before ours, then as the default."""
    turn = list(_in_turn(rules, locale))
    own = {one.locale: one for one in rules.texts if one.paper is kind}
    found: dict[str, tuple[str, str]] = {}
    for wanted in turn:
        ours = defaults(wanted).texts[kind] if wanted in LANGUAGES else {}
        for part in PARTS:
            text = getattr(own[wanted], part) if wanted in own else None
            said = ours.get(part) if text is None else text
            if said is not None:
                found.setdefault(part, (wanted, said))
    texts = {part: parse(text) for part, (_, text) in found.items()}
    return Chosen(found["title"][0], texts, _words(rules, turn))


def languages(rules: PaperRules) -> frozenset[str]:
    """The locales in which papers of a brand say something."""
    return frozenset((*LANGUAGES, *(one.locale for one in rules.texts), *(one.locale for one in rules.words)))


def _words(rules: PaperRules, turn: Iterable[str]) -> dict[Word, str]:
    own = {one.locale: one.words for one in rules.words}
    words: dict[Word, str] = {}
    for wanted in turn:
        ours = defaults(wanted).words if wanted in LANGUAGES else {}
        words = {**ours, **own.get(wanted, {}), **words}
    return words


def _in_turn(rules: PaperRules, locale: str) -> Iterator[str]:
    yield from fall_back(locale)
    yield from fall_back(rules.default_locale)
    yield DEFAULT
