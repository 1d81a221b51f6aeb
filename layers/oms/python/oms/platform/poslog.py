"""Reading a POSLog (ARTS, in XML), whichever namespaces its system writes it in. Pure."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

from oms.platform.problems import FieldError

Element = ElementTree.Element


def transactions(body: Any) -> list[tuple[str, Element]] | FieldError:
    """The transactions of a POSLog, or one Transaction, with their pointers; what is neither has its error instead."""
    if not isinstance(body, str) or "<!" in body.replace("<!--", ""):
        return FieldError("", "not_a_poslog", "A POSLog is a text in XML without a document type.")
    try:
        root = ElementTree.fromstring(body)  # noqa: S314  (see above)
    except (ElementTree.ParseError, ValueError):
        return FieldError("", "not_a_poslog", "The text is not well-formed XML.")
    if tag(root) not in ("POSLog", "Transaction"):
        return FieldError("", "not_a_poslog", "The text is neither a POSLog nor a Transaction.")
    found = [root] if tag(root) == "Transaction" else children(root, "Transaction")
    return [(f"/Transaction/{number}", one) for number, one in enumerate(found)]


def tag(element: Element) -> str:
    """The name of an element without its namespace."""
    return element.tag.rpartition("}")[2]


def children(element: Element, name: str) -> list[Element]:
    """The elements of a name right below another one."""
    return [child for child in element if tag(child) == name]


def text(element: Element, name: str) -> str | None:
    """What the first element of a name right below another one says; None where there is none or it is empty."""
    found = children(element, name)
    return found[0].text if found else None


def flag(element: Element, name: str) -> bool:
    """Whether an attribute, of whichever namespace, says true."""
    return any(key.rpartition("}")[2] == name and value in ("true", "1") for key, value in element.attrib.items())
