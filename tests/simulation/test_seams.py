"""The seams hold: what a worker remembers is swapped with the worker, and nothing of the real world comes in."""

from __future__ import annotations

import ast

import pytest

from tests.simulation.world import simulated
from tests.template import ROOT

LAYER = ROOT / "layers" / "oms" / "python" / "oms"
# What outlives a call in a warm worker. Clients and the logger hold nothing of ours; the places of postal codes, our
# own texts, fonts, and into which rows a text is broken never change; all the others are kept apart for each worker in
# machine/lambdas.py and machine/seams.py.
REMEMBERED = {
    "fulfillment/adapters/step_functions.py": {"_client"},
    "inventory/adapters/dead_letters.py": {"_client"},
    "notifications/adapters/configured.py": {"_made"},
    "notifications/adapters/ses.py": {"_client"},
    "notifications/defaults.py": {"default_texts"},
    "orders/adapters/step_functions.py": {"_client"},
    "activations/adapters/configured.py": {"_account"},
    "carriers/adapters/configured.py": {"_easypost"},
    "papers/adapters/fonts.py": {"load", "wrapped"},
    "papers/words.py": {"defaults"},
    "payments/adapters/configured.py": {"_client", "_secret", "_strict", "_stripe", "_adyen"},
    "payments/adapters/step_functions.py": {"_client"},
    "platform/dynamodb.py": {"_client"},
    "platform/objects.py": {"_client"},
    "platform/observability.py": {"logger"},
    "platform/own_queue.py": {"_client"},
    "platform/publisher.py": {"_client"},
    "returns/adapters/step_functions.py": {"_client"},
    "webhooks/adapters/queue.py": {"_client"},
    "webhooks/adapters/sender.py": {"_context"},
    "registry/reads.py": {"_items", "_nodes"},
    "platform/geo.py": {"_zip3"},
}


def remembered(path):
    """Names in a module that are cached functions, or empty containers and caches that can only be there to fill."""
    found = set()
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.FunctionDef):
            cached = [ast.unparse(decorator) for decorator in node.decorator_list]
            found |= {node.name for text in cached if text.startswith(("lru_cache", "cache"))}
        elif isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            text = ast.unparse(node.value)
            target = node.target if isinstance(node, ast.AnnAssign) else node.targets[0]
            if text in ("{}", "[]", "set()", "dict()", "list()") or text.endswith("Cache()"):
                found.add(ast.unparse(target))
    return found


def test_everything_that_a_worker_remembers_is_known():
    found = {str(path.relative_to(LAYER)): remembered(path) for path in sorted(LAYER.rglob("*.py"))}
    assert {name: names for name, names in found.items() if names} == REMEMBERED


def test_two_workers_of_one_function_remember_apart():
    simulation = simulated(faults=False)
    simulation.http("GET", "/v1/nodes", client="acme-operator")
    first, second = (simulation.lambdas._worker(simulation.topology.functions["place_order"]) for _ in range(2))
    assert first.module is not second.module
    assert first.nodes is not second.nodes
    assert first.items is not second.items


def test_every_function_of_the_template_can_be_called():
    from tests.simulation.machine.lambdas import _load

    simulation = simulated(faults=False)
    folders = {path.parent.name for path in (ROOT / "functions").glob("*/handler.py")}
    assert simulation.topology.functions.keys() == folders
    assert all(callable(_load(name).handler) for name in sorted(folders))


def test_no_thread_is_started():
    import threading

    simulation = simulated(1)
    simulation.run_until_quiet()
    assert [thread.name for thread in threading.enumerate() if "reaper" in thread.name] == []


@pytest.mark.parametrize("function", ["place_order", "capture_payment"])
def test_a_function_sees_exactly_its_own_environment(function):
    simulation = simulated(faults=False)
    environment = simulation.topology.functions[function].environment
    assert environment["POWERTOOLS_SERVICE_NAME"] == function
    assert ("PSP_SECRET_ARN" in environment) is (function == "capture_payment")
