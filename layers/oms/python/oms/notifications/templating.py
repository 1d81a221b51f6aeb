"""Templates: text with names in it, and parts that are shown or left out. Pure; nothing in a template is run.

$name or ${name}      the value of that name
$$                    a dollar sign
[[name: …]]           only where the name has a value
[[!name: …]]          only where it has none
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_NAME = "[a-z_]+"
_TOKEN = re.compile(
    rf"\$(?:(?P<dollar>\$)|(?P<named>{_NAME})|{{(?P<braced>{_NAME})}}|(?P<wrong>))"
    rf"|\[\[(?P<no>!?)(?P<section>{_NAME}):[ ]?|(?P<end>\]\])|(?P<open>\[\[)"
)


class TemplateFault(ValueError):
    """A template that cannot be read; the message says where."""


@dataclass(frozen=True, slots=True)
class Value:
    """What a name stands for: as plain text, and as HTML that is safe to show."""

    text: str
    html: str

    @classmethod
    def plain(cls, text: str | None) -> Value:
        """A value that is one line of text, whatever is in it; None has no value."""
        line = " ".join((text or "").split())
        return cls(line, html.escape(line))


EMPTY = Value("", "")
Values = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Named:
    """The place of a value."""

    name: str


@dataclass(frozen=True, slots=True)
class Section:
    """A part that is shown where a name has a value, or where it has none."""

    name: str
    wanted: bool
    parts: tuple[str | Named, ...]


@dataclass(frozen=True, slots=True)
class Template:
    """A template that was read."""

    parts: tuple[str | Named | Section, ...]

    @property
    def names(self) -> frozenset[str]:
        """Every name that stands in it."""
        return frozenset(_names(self.parts))

    def text(self, values: Values) -> str:
        """It with its values as plain text, without more than one empty line in a row."""
        written = "".join(part if isinstance(part, str) else values[part.name].text for part in _shown(self, values))
        return re.sub(r"\n{3,}", "\n\n", written).strip("\n")

    def line(self, values: Values) -> str:
        """The same as one line, such as a subject."""
        return re.sub(r"[ \t\r\n]+", " ", self.text(values))

    def html(self, values: Values) -> str:
        """It with its values, where it is HTML itself."""
        return "".join(part if isinstance(part, str) else values[part.name].html for part in _shown(self, values))

    def as_html(self, values: Values) -> str:
        """A template of plain text as HTML: its paragraphs, with lists as they are."""
        written = "".join(
            html.escape(part) if isinstance(part, str) else values[part.name].html for part in _shown(self, values)
        )
        paragraphs = [paragraph.strip("\n") for paragraph in re.split(r"\n{2,}", written)]
        return "\n".join(_paragraph(paragraph) for paragraph in paragraphs if paragraph)


def parse(text: str) -> Template:
    """Read a template; one that is malformed raises TemplateFault."""
    parts: list[str | Named | Section] = []
    inside: list[str | Named] | None = None
    opened: tuple[str, bool] = ("", True)
    position = 0
    for token in _TOKEN.finditer(text):
        here: list[str | Named] | list[str | Named | Section] = parts if inside is None else inside
        if token.start() > position:
            here.append(text[position : token.start()])
        position = token.end()
        if token["dollar"]:
            here.append("$")
        elif token["named"] or token["braced"]:
            here.append(Named(token["named"] or token["braced"]))
        elif token["section"] and inside is None:
            opened, inside = (token["section"], not token["no"]), []
        elif token["end"] and inside is not None:
            parts.append(Section(opened[0], opened[1], tuple(inside)))
            inside = None
        else:
            raise TemplateFault(_fault(token))
    if inside is not None:
        raise TemplateFault(f"[[{opened[0]}: is not closed by ]]")
    if position < len(text):
        parts.append(text[position:])
    return Template(tuple(parts))


def _fault(token: re.Match[str]) -> str:
    where = f"at character {token.start() + 1}"
    if token["wrong"] is not None:
        return f"a $ that no name follows {where}; write $$ for a dollar sign"
    if token["section"]:
        return f"a part within a part {where}"
    return f"{token.group()} {where} belongs to no [[name: …]]"


def _names(parts: tuple[str | Named | Section, ...]) -> Iterator[str]:
    for part in parts:
        if isinstance(part, Section):
            yield part.name
            yield from _names(part.parts)
        elif isinstance(part, Named):
            yield part.name


def _shown(template: Template, values: Values) -> Iterator[str | Named]:
    for part in template.parts:
        if not isinstance(part, Section):
            yield part
        elif bool(values[part.name].text) == part.wanted:
            yield from part.parts


def _paragraph(paragraph: str) -> str:
    return paragraph if paragraph.startswith("<ul>") else f"<p>{paragraph.replace(chr(10), '<br>')}</p>"
