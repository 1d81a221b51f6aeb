"""The pages tell the truth about where things are: links, anchors, functions, alarms, states."""

import ast
import re

import pytest

from oms.fulfillment.model import Status as WorkStatus
from oms.orders.model import FulfillmentRollup
from oms.orders.model import Status as OrderStatus
from oms.payments.model import Rollup, State
from tests.architecture.sources import ROOT, tree
from tests.template import of_type, template_fixture  # noqa: F401 (a fixture)

ROOMS_WITH_PAGES = ("docs", "events", "console", "layers", "local", "tests", "tools", "bench", "infra", "functions")
PAGES = sorted(
    path
    for path in (
        *ROOT.glob("*.md"),
        *(page for room in ROOMS_WITH_PAGES for page in (ROOT / room).rglob("*.md")),
    )
    if path.is_file() and "node_modules" not in path.parts
)
LINK = re.compile(r"\[([^\]]*)\]\(([^)\s]+)\)")


def anchors(page):
    """The anchors of a page's headings, as they are made of their words."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def links(page):
    return LINK.findall(page.read_text(encoding="utf-8"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    for _, target in links(page):
        if target.startswith(("http://", "https://")):
            continue
        file, _, anchor = target.partition("#")
        place = (page.parent / file).resolve() if file else page
        assert place.exists(), target
        if anchor:
            assert anchor in anchors(place), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_each_block_of_code_ends(page):
    """A fence that names a language begins a block, so the next one must be bare."""
    fences = re.findall(r"^```(.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    assert [language for language in fences[1::2] if language] == []
    assert len(fences) % 2 == 0


def test_each_hop_of_the_readme_names_functions_of_the_file_it_links():
    named = 0
    for text, target in links(ROOT / "README.md"):
        functions = re.findall(r"`(\w+)`", text)
        if functions and target.endswith(".py"):
            defined = {node.name for node in tree(ROOT / target).body if isinstance(node, ast.FunctionDef)}
            assert set(functions) <= defined, target
            named += len(functions)
    assert named >= 20


def test_the_readme_follows_an_order_in_seven_hops():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    section = text.split("## Follow one order")[1].split("\n## ")[0]
    assert re.findall(r"^\| (\d) \|", section, re.MULTILINE) == list("1234567")


def test_every_alarm_has_its_page_in_the_runbook(template):
    alarms = of_type(template, "AWS::CloudWatch::Alarm").values()
    named = {re.search(r"Runbook: (\S+)#(\S+)$", alarm["AlarmDescription"]).groups() for alarm in alarms}
    assert {page for page, _ in named} == {"docs/operations.md"}
    runbooks = {anchor for _, anchor in named}
    assert len(runbooks) >= 5
    assert anchors(ROOT / "docs" / "operations.md") == runbooks | {"operations"}


def test_the_runbook_names_every_workflow(template):
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    workflows = of_type(template, "AWS::StepFunctions::StateMachine")
    assert len(workflows) == 4
    for name in workflows:
        assert f"`{name}Arn`" in text, name


def test_the_runbook_names_every_queue_of_dead_letters(template):
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    for name in of_type(template, "AWS::SQS::Queue"):
        assert name in text or not name.endswith("DeadLetters"), name


def test_every_make_command_of_the_pages_exists():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for page in PAGES:
        for command in re.findall(r"(?:`|^)make ([a-z-]+)", page.read_text(encoding="utf-8"), re.MULTILINE):
            assert re.search(rf"^{command}:", makefile, re.MULTILINE), f"{page.name}: make {command}"


def test_decisions_are_numbered_without_gaps_and_built_alike():
    pages = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    assert [int(page.name[:4]) for page in pages] == list(range(1, len(pages) + 1))
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert text.startswith(f"# {int(page.name[:4])}. "), page.name
        for part in ("**Decision.**", "**Why.**", "**Price.**"):
            assert part in text, page.name


@pytest.mark.parametrize(
    ("row", "states"),
    [
        ("order", OrderStatus),
        ("its fulfilment", FulfillmentRollup),
        ("its payment", Rollup),
        ("fulfilment order", WorkStatus),
        ("tender", State),
    ],
)
def test_the_glossary_lists_the_states_of_the_code(row, states):
    text = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8").split("## States")[1]
    (listed,) = re.findall(rf"^\| {row} \| (.+) \|$", text, re.MULTILINE)
    assert listed.split(", ") == [state.value for state in states]


def test_the_data_model_names_every_table_and_index(template):
    section = (
        (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8").split("## Data model")[1].split("\n## ")[0]
    )
    for name, table in of_type(template, "AWS::DynamoDB::Table").items():
        assert f"| {name.removesuffix('Table').lower()} |" in section
        for index in table.get("GlobalSecondaryIndexes", []):
            assert f"`{index['IndexName']}`" in section


def test_the_readme_has_a_row_for_every_room_of_the_code():
    text = (ROOT / "README.md").read_text(encoding="utf-8").split("## Map of rooms")[1].split("\n## ")[0]
    for room in ("layers/oms/python/oms", "functions", "infra", "events", "console", "local", "tests", "tools", "docs"):
        assert f"| [{room}]({room}) |" in text
