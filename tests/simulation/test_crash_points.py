"""Every call of every handler is broken before, after, and with its answer lost; all comes right by itself.

A handler, or a call of one, that no story reaches fails here: as the template permits it, and as drawn runs make it.
"""

from __future__ import annotations

from collections import Counter

import pytest

from tests.infra.policies import as_list, statements
from tests.simulation.crash_points import KINDS, crash_points, run, table
from tests.simulation.machine.topology import topology
from tests.simulation.seeds import play
from tests.template import function_name, of_type, template

# It only hands out files and asks nobody.
SILENT = {"console"}
# What a permission of the template is for, where it is not about a table's items.
PERMITTED = {
    "events:PutEvents": ("events", "PutEvents"),
    "states:StartExecution": ("stepfunctions", "StartExecution"),
    "states:StartSyncExecution": ("stepfunctions", "StartSyncExecution"),
    "states:SendTaskSuccess": ("stepfunctions", "SendTaskSuccess"),
    "secretsmanager:GetSecretValue": ("secretsmanager", "GetSecretValue"),
    "s3:PutObject": ("s3", "PutObject"),
}
SEEDS = 60


@pytest.fixture(scope="module")
def points():
    found, wrong = crash_points()
    assert wrong == []
    return found


@pytest.fixture(scope="module")
def seen():
    return set()


@pytest.fixture(scope="module")
def reached(points):
    return {(point.function, point.service, point.operation) for point in points}


def test_every_handler_is_reached(reached):
    assert {function for function, _, _ in reached} == topology().functions.keys() - SILENT


def test_every_permitted_call_is_reached(reached):
    found = template("aws")
    roles = {
        properties["Role"]["Fn::GetAtt"][0]: function_name(logical_id)
        for logical_id, properties in of_type(found, "AWS::Lambda::Function").items()
    }
    missing = set()
    for role, statement in statements(found):
        for action in as_list(statement["Action"]):
            if role in roles and action in PERMITTED:
                missing |= {(roles[role], *PERMITTED[action])} - reached
    assert missing == set()


@pytest.mark.parametrize("function", sorted(topology().functions.keys() - SILENT))
def test_a_broken_call_does_no_harm(function, points, seen):
    own = [point for point in points if point.function == function]
    done: Counter[tuple[str, str, str, str]] = Counter()
    for point, kind, wrong in run(own, seen):
        assert wrong == [], f"{point.story}: call {point.nth} of {function}, {KINDS[kind]}"
        done[point.function, point.service, point.operation, kind] += 1
    print(table(own, done))
    assert done.total() == len(own) * len(KINDS)


def test_every_call_of_drawn_runs_is_reached(reached, seen):
    """Some calls only follow a broken one; those were made in the runs above."""
    drawn = set().union(*(play(seed).calls for seed in range(SEEDS)))
    assert drawn - reached - seen == set()
