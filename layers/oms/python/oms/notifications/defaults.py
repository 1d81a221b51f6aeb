"""The templates that are there without any rules: one for each milestone in each language of `texts/`. Pure."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from oms.notifications.model import Milestone

LANGUAGES = ("en", "de", "fr")
_TEXTS = Path(__file__).parent / "texts"


@cache
def default_texts(language: str) -> dict[Milestone, tuple[str, str]]:
    """Subject and text of each milestone in one of `LANGUAGES`; paragraphs are parted by an empty line."""
    document = json.loads((_TEXTS / f"{language}.json").read_text(encoding="utf-8"))
    return {
        Milestone(name): (str(one["subject"]), "\n\n".join(str(line) for line in one["text"]))
        for name, one in document.items()
    }
