"""The arrows between the rooms, as they are drawn in docs/architecture.md."""

import sys
from graphlib import CycleError, TopologicalSorter

import pytest

from infra.functions import FUNCTIONS
from tests.architecture.sources import ROOT, imports, loaded_with, module_name, product, python_files, shown, top

# How one context may reach another, by the last part of the module's name.
DOORS = {
    "commands": "its verbs: run one and its own transaction follows",
    "events": "its facts, for those who record or read them",
    "writes": "pure builders of changes to its own items, for a transaction that another context commits",
    "reads": "what it shows to other contexts",
    "model": "its entities and pure rules: they read and write nothing",
}
# Doors of single contexts besides these.
MORE_DOORS = {
    "activations.port": "what a provider of activations may be asked: work whose units it activates asks it",
    "fulfillment.lines": "what travels in a parcel and what was claimed of it, pure: an order shows it",
    "fulfillment.shipments": "what left and what was bought with it, pure: invoices of suppliers are matched with it",
    "fulfillment.views": "how the work of a node is shown, within its order and in lists",
    "registry.limits": "how much a node takes on and in which periods, pure: capacity counts by it",
    "registry.kits": "what a kit consists of, pure: whoever claims, holds or moves its units counts its components",
    "registry.segments": "how stock of a lot or a condition is told apart, pure: whoever asks for stock names it so",
    "registry.hours": "when a node is open, pure: what is due at a node is due in its open hours",
    "inventory.ages": "how long stock has lain, pure: sourcing weighs it",
    "sourcing.works": "the work of whoever has units: the same for what is sent again",
    "sourcing.consolidation": "which nodes a rule means, pure: a service level names its nodes as a scenario does",
    "sourcing.arrivals": "when a parcel leaves and arrives, pure: promises are made of it",
    "sourcing.decisions": "why nodes are chosen, pure: a simulation shows it and stores nothing",
    "sourcing.decision_log": "a decision as it is kept, pure: a simulation shows the same",
    "sourcing.strategy": "a scenario of a strategy, pure: a simulation hands drafts to the planning of an order",
    "sourcing.prices": "what units were worth to other orders: whoever plans a single order or a basket counts it",
    "sourcing.rates": "the rate card, pure: a promise is dated and priced by its services",
    "payments.changes": "what authorising anew changes of an order, pure: a person who accepts an order asks for it",
    "payments.lifecycle": "what is still asked for of what was delivered, pure: whoever writes off gives it up",
    "orders.states": "where an order stands, pure: who would change one of the past is refused",
    "payments.states": "the words for where money stands, pure: what was paid of an order of the past is told in them",
    "payments.rollup": "the payment status of an order, pure: the order shows it",
    "payments.refunds": "what of an order's money is owed back, pure: the order holds its refunds",
    "payments.adapters.minor_units": "how a provider counts amounts, pure: its payouts are counted the same way",
    "payments.adapters.calls": "one kept connection to a provider: carriers are called the same way",
    "fulfillment.finding": "whose work is whose: a carrier is asked for the node that has it",
    "payments.webhooks": "proof of who signed a message: carriers sign in the same form",
    "payments.adapters.messages": "fields of a message from outside, pure: carriers send such messages, too",
    "payments.adapters.configured": "a kept secret by the name of its setting: carriers have one of their own",
    "payments.port": "what a provider may be asked, and its answers: settlement asks for the list of a payout",
    "payments.paying": "what a drawer pays and what is tried again, pure: others commit it with their own change",
    "payments.refunding": "what can be given back by which tender, pure: whoever owes money adds it to the change",
    "orders.collecting": "what a till sells of a reserved order, for the transaction that takes in the sale",
    "orders.paying_in_store": "until when goods are held for payment in a store, pure: a timer and a counter go by it",
    "orders.expiring": "giving up what nobody paid for in time: the payment workflow asks for it when it is due",
    "fulfillment.sale_events": "what is told of goods that a till has sold: the order that held them records it",
    "fulfillment.reclaiming": "work that is asked back from its node, pure: other nodes get it when that is silent",
    "fulfillment.serving": "the end of the store's task when a customer has the goods: a till sells what was reserved",
    "fulfillment.shipping": "what units that leave cost, pure: a till sells what was reserved",
    "orders.method_changes": "units that go another way, pure: sourcing finds who sends them, in one transaction",
    "orders.substituting": "units that another item takes the place of, pure: the customer chooses it",
    "orders.taking_out": "the transaction that cancels units: the choice of a customer ends by it",
    "sourcing.changing_method": "from where added lines go: by the choice of a customer, and for what was lost",
    "orders.changing": "the verbs that change an order: the broker cancels what has waited too long",
    "orders.claims": "what an order still has reserved, pure: sourcing allocates it",
    "orders.cancelling": "an order without some units, pure: a node that lets go of them ends with it",
    "orders.backorders": "what waits for stock, pure: sourcing gives it units, and keeps them from who comes later",
    "sourcing.waiting": "what is left beside those who wait: new orders, baskets and promises are planned from it",
    "sourcing.keeping": "which nodes are too late for a promise: an order is planned without them where it can be",
    "orders.amounts": "the pure arithmetic of an order's money, which a shipment's share is computed with",
    "orders.charges": "what accompanies the goods of an order, pure: a shipment takes it along once",
    "fulfillment.offers": "to whom work is offered, pure: what an order changes of its work may end the offer",
    "fulfillment.holds": "what waits at a node for what others send there, pure: a change of an order may let it begin",
    "fulfillment.escalating": "putting work before a person: without what moves goods, for whoever only tells of it",
    "fulfillment.deadlines": "by when work is due, pure: the queue of a node is in that order",
    "fulfillment.protocol": "which states of work mean what, pure: what a closed node has begun stays with it",
    "orders.kits": "of which kit a line is a component, pure: sourcing keeps the components together where it can",
    "orders.loads": "what work takes of its node's capacity, pure: sourcing plans within it",
    "orders.request": "the words of the order document (methods, addresses), pure",
    "orders.unfinished": "what of an order is still to be done outside, pure: payments gives back what it names",
    "orders.selling": "from a sale at a till to an order: whoever takes in the sale stores it in its own transaction",
    "inventory.selling": "units that a till has sold, for the transaction that takes in the sale",
    "drawers.messages": "what nodes say of drawers: another system's words mean the same messages",
    "drawers.sales": "the cash of a sale, for the transaction that takes in the sale",
    "drawers.refunds": "how cash is rounded to coins: a till pays it out by the rule of its drawer",
    "stored_value.spending": "what a till takes of a card, for the transaction that takes in the sale",
    "returns.accepting": "what is taken back of an order, for the transaction of a till that takes it back",
    "drawers.sequences": "numbers of a till that have come, pure: the transactions of a till are counted the same way",
    "orders.quantities": "which units never arrived, pure: what is brought back or claimed again is counted by it",
    "notifications.locales": "how money, days and times are written, pure: papers are written the same way",
    "notifications.templating": "texts with names in them, pure: the texts of papers are templates too",
    "waves.sheet": "what is taken where, in walking order, pure: a pick sheet is printed of it",
    "waves.views": "a wave with its work as it is now, for whoever may see it: its pick sheet is printed",
    "orders.store": "load_order: fulfilment, payments and sourcing work on the one aggregate that an order is",
}
# Packages from outside in the deps layer or the Lambda runtime, and in layers of single functions.
IN_EVERY_FUNCTION = {"aws_lambda_powertools", "pydantic", "ulid", "boto3", "botocore"}
IN_LAYER = {"export": {"duckdb"}, "broker": {"highspy"}, "papers": {"reportlab", "font_source_sans_pro"}}
# Of a function that somebody waits for. Nobody waits for the broker, which has an order and the whole batch optimiser,
# nor for what nodes say, which is of six contexts, nor for a file of orders.
MOST_PRODUCT_MODULES = 115
MOST_OF = {"broker_backlog": 134, "node_messages": 130, "order_files": 125}
MOST_MODULES_OF_PLACE_ORDER = 700


def context(module: str) -> str:
    return module.split(".")[1] if "." in module else ""


def handlers():
    return {path.parent.name: path for path in python_files("functions") if path.name == "handler.py"}


def test_the_walk_sees_the_code():
    assert len(product()) > 60
    assert set(handlers()) == set(FUNCTIONS)
    assert "oms.platform.commands" in loaded_with(handlers()["place_order"])


def test_a_context_is_reached_through_its_doors_only():
    crossings = set()
    for name, path in product().items():
        for one in imports(path):
            if top(one.module) != "oms" or context(one.module) in (context(name), "platform"):
                continue
            reached = one.module.removeprefix("oms.")
            if reached.rsplit(".", 1)[-1] not in DOORS and reached not in MORE_DOORS:
                crossings.add((name.removeprefix("oms."), reached))
    assert crossings == set()


def test_every_further_door_is_used():
    used = {
        one.module.removeprefix("oms.")
        for name, path in product().items()
        for one in imports(path)
        if context(one.module) != context(name)
    }
    assert set(MORE_DOORS) <= used


def test_platform_knows_no_context():
    for path in python_files("layers/oms/python/oms/platform"):
        assert {context(one.module) for one in imports(path) if top(one.module) == "oms"} <= {"platform"}, shown(path)


def test_only_stores_adapters_and_platform_talk_to_aws():
    for name, path in product().items():
        allowed = context(name) == "platform" or ".adapters." in name or path.name == "store.py"
        found = {top(one.module) for one in imports(path)} & {"boto3", "botocore"}
        assert allowed or not found, name


@pytest.mark.parametrize("name", [name for name in sorted(product()) if name.endswith(".model")])
def test_models_are_pure(name):
    loaded = loaded_with(product()[name])
    assert not {top(module) for module in loaded} & {"boto3", "botocore", "aws_lambda_powertools", "random", "time"}
    impure = ("oms.platform.commands", "oms.platform.dynamodb", "oms.platform.http")
    assert not loaded & set(impure)
    assert not [module for module in loaded if module.endswith((".store", ".writes")) and context(module) != "platform"]


def test_functions_import_the_product_and_the_standard_library():
    for path in handlers().values():
        assert {top(one.module) for one in imports(path)} <= {"oms"} | sys.stdlib_module_names, shown(path)


def test_only_platform_knows_powertools():
    for name, path in product().items():
        found = {top(one.module) for one in imports(path)} & {"aws_lambda_powertools"}
        assert context(name) == "platform" or not found, name


def test_functions_reach_no_table():
    for path in handlers().values():
        reached = {one.module for one in imports(path)}
        assert not [name for name in reached if name.endswith((".store", ".writes", "platform.dynamodb"))], shown(path)


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_a_function_loads_only_what_its_layers_hold(name):
    loaded = {top(module) for module in loaded_with(handlers()[name])}
    outside = loaded - {"oms", "__future__"} - sys.stdlib_module_names
    layers = set().union(*(IN_LAYER[layer] for layer in FUNCTIONS[name].layers))
    assert outside <= IN_EVERY_FUNCTION | layers


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_a_function_loads_a_bounded_part_of_the_product(name):
    own = [module for module in loaded_with(handlers()[name]) if top(module) == "oms"]
    assert len(own) <= MOST_OF.get(name, MOST_PRODUCT_MODULES)


def test_placing_an_order_starts_small():
    import subprocess

    program = (
        "import sys; before = set(sys.modules); import functions.place_order.handler; "
        "print('\\n'.join(set(sys.modules) - before))"
    )
    environment = {"PYTHONPATH": f"{ROOT}:{ROOT / 'layers' / 'oms' / 'python'}", "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    loaded = done.stdout.split()
    assert {"oms.orders.commands", "boto3"} <= set(loaded)
    assert not {top(module) for module in loaded} & {"duckdb", "aws_xray_sdk", "stripe", "aws_cdk", "moto", "requests"}
    assert not {"oms.payments.adapters.strict_psp", "oms.finance.posting"} & set(loaded)
    assert len(loaded) <= MOST_MODULES_OF_PLACE_ORDER


def test_the_product_never_asks_boto3_for_resources():
    for path in python_files("layers", "functions"):
        assert "boto3.resource(" not in path.read_text(encoding="utf-8"), shown(path)


@pytest.mark.parametrize(
    ("room", "never"),
    [
        ("infra", {"oms", "functions", "local", "tests", "tools", "bench"}),
        ("layers", {"functions", "infra", "local", "tests", "tools", "bench", "ministack", "moto", "aws_cdk"}),
        ("functions", {"infra", "local", "tests", "tools", "bench", "ministack", "moto", "aws_cdk"}),
        ("local", {"oms", "functions", "infra", "tests", "bench", "moto", "aws_cdk"}),
    ],
)
def test_rooms_do_not_know_each_other(room, never):
    paths = python_files(room)
    assert paths
    for path in paths:
        assert not {top(one.module) for one in imports(path)} & never, shown(path)


def test_only_the_launcher_and_the_simulator_know_the_engine():
    known = ("local/engine/", "local/launcher.py", "tests/conformance/", "tests/simulation/")
    for path in python_files("local", "tools", "tests", "bench"):
        if not shown(path).startswith(known):
            assert "ministack" not in {top(one.module) for one in imports(path)}, shown(path)


def test_no_two_modules_load_each_other():
    graph = {
        module_name(path): {one.module for one in imports(path) if one.at_top and one.module in product()}
        for path in product().values()
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as circle:
        pytest.fail(f"a circle: {' -> '.join(circle.args[1])}")
