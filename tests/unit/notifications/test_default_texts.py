"""Every text that is there without rules, once in each language, as a customer reads it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from oms.notifications.contents import sample, written
from oms.notifications.defaults import LANGUAGES
from oms.notifications.model import Milestone
from oms.notifications.rules import NAMES, OF_ALL, NoticeRules, chosen

GOLDEN = Path(__file__).parent / "golden"
RULES = NoticeRules()


@pytest.mark.capability("B6")
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("milestone", Milestone)
def test_each_text_says_exactly_this(milestone: Milestone, language: str):
    texts = written(chosen(RULES, milestone, language), sample(RULES, milestone), language)
    golden = json.loads((GOLDEN / f"{language}.json").read_text(encoding="utf-8"))[milestone.value]
    assert (texts.subject, texts.text.split("\n"), texts.html.split("\n")) == (
        golden["subject"],
        golden["text"],
        golden["html"],
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_has_a_text_for_each_milestone_and_uses_only_what_there_is_to_say(language: str):
    for milestone in Milestone:
        found = chosen(RULES, milestone, language)
        assert (found.locale, found.own) == (language, False)
        assert found.subject.names | found.text.names <= OF_ALL | NAMES[milestone]


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("en", "We do not know the new day yet and will write again as soon as we do."),
        ("de", "Den neuen Termin kennen wir noch nicht. Wir schreiben Ihnen, sobald wir ihn wissen."),
        ("fr", "Nous ne connaissons pas encore la nouvelle date et vous écrirons dès que possible."),
    ],
)
def test_a_delay_without_a_day_says_so(language: str, line: str):
    nobody_knows = replace(sample(RULES, Milestone.DELAYED), day=None)
    assert line in written(chosen(RULES, Milestone.DELAYED, language), nobody_knows, language).text.split("\n\n")


def test_what_is_not_known_is_left_out_with_its_words():
    bare = replace(sample(RULES, Milestone.READY), name=None, code=None, carrier=None, tracking=None)
    ready = written(chosen(RULES, Milestone.READY, "en"), bare, "en").text
    assert ready.startswith("Hello,\n\nYour order")
    assert "code" not in ready
    assert "\n\n\n" not in ready
    shipped = written(chosen(RULES, Milestone.SHIPPED, "en"), bare, "en").text
    assert shipped == (
        "Hello,\n\nYour order 100200300 has left us.\n\n2 × Blue mug\n1 × Teapot, 1.5 l\n\nMain Street Shop"
    )
