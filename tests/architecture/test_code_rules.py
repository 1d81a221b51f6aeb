"""Rules that every file keeps: where time and chance come from, how money is counted, how long things get."""

import ast

import pytest

from tests.architecture.sources import ROOMS, python_files, shown, tree

# Where time, identifiers and chance come in, and nowhere else.
SOURCES_OF_CHANCE = {
    "layers/oms/python/oms/platform/clock.py",
    "layers/oms/python/oms/platform/ids.py",
    "layers/oms/python/oms/platform/commands.py",
}
ASKS = {
    "datetime": {"now", "utcnow", "today"},
    "date": {"today"},
    "time": {"time", "time_ns", "localtime", "gmtime"},
    "os": {"urandom", "getrandom"},
}
CHANCE_MODULES = {"uuid", "random", "secrets"}
MONEY = (
    *("platform/money.py", "orders/amounts.py", "fulfillment/shipping.py"),
    *("payments/", "finance/", "drawers/", "settlement/", "pos/", "stored_value/", "returns/", "appeasements/"),
)
MOST_LINES = 299
# Of a handler, without its blank lines; one with many routes has many of those.
MOST_HANDLER_LINES = 45
PRODUCT = "layers/oms/python/oms/"


def money_files():
    """The files in which money is computed; the adapters speak of time-outs and paths, not of money."""
    return [
        path
        for path in python_files(PRODUCT)
        if shown(path).removeprefix(PRODUCT).startswith(MONEY) and "adapters" not in path.parts
    ]


def asked(code):
    """Each place where some code asks for the time or for chance."""
    for node in ast.walk(code):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if node.attr in ASKS.get(node.value.id, ()):
                yield node.lineno, f"{node.value.id}.{node.attr}"
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                if node.module in CHANCE_MODULES or alias.name in ASKS.get(node.module or "", ()):
                    yield node.lineno, f"{node.module}.{alias.name}"
        elif isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names if alias.name in CHANCE_MODULES)


def test_time_and_chance_come_from_platform():
    found = {shown(path) for path in python_files("layers", "functions") if list(asked(tree(path)))}
    assert found == SOURCES_OF_CHANCE


@pytest.mark.parametrize(
    "line",
    ["datetime.now(UTC)", "date.today()", "time.time()", "from time import time", "import uuid", "os.urandom(4)"],
)
def test_the_rule_about_time_sees_what_it_should(line):
    assert len(list(asked(ast.parse(line)))) == 1


def test_the_rule_about_time_lets_pass_what_asks_for_nothing():
    assert not list(asked(ast.parse("datetime.fromtimestamp(0, UTC); os.environ.get('A'); time.sleep(1)")))


def test_money_is_never_a_fraction():
    files = money_files()
    assert len(files) > 15
    for path in files:
        for node in ast.walk(tree(path)):
            place = f"{shown(path)}:{getattr(node, 'lineno', 0)}"
            assert not (isinstance(node, ast.Constant) and isinstance(node.value, float)), place
            assert not (isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div)), place
            assert not (isinstance(node, ast.Name) and node.id in ("float", "round")), place


@pytest.mark.parametrize("room", ROOMS)
def test_files_stay_short(room):
    for path in python_files(room):
        length = len(path.read_text(encoding="utf-8").splitlines())
        assert length <= MOST_LINES, f"{shown(path)} has {length} lines"


def test_handlers_are_thin():
    for path in python_files("functions"):
        lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
        assert len(lines) <= MOST_HANDLER_LINES, f"{shown(path)} has {len(lines)} lines"


def test_no_room_is_called_after_nothing():
    for room in ROOMS:
        for path in python_files(room):
            words = set(path.stem.split("_")) | {path.parent.name}
            assert not words & {"utils", "util", "helpers", "helper", "manager", "misc"}, shown(path)


def test_every_file_of_the_product_says_what_it_is_for():
    for path in python_files("layers", "functions", "infra"):
        assert ast.get_docstring(tree(path)), shown(path)
