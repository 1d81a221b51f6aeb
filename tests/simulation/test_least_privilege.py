"""Least privilege both ways: what a role allows is what its function needs in the stories, no more and no less.

While the stories are told, every call of every function is seen with the rights that it needs (machine/needs.py).
"""

from __future__ import annotations

from collections import defaultdict
from fnmatch import fnmatchcase
from functools import cache, partial

import pytest

from infra.functions import FUNCTIONS
from infra.names import pascal
from tests.infra.policies import as_list, rights, statements
from tests.simulation import (  # noqa: F401 - they tell their stories
    activation_stories,
    carrier_stories,
    cash_stories,
    choice_stories,
    crash_stories,
    deadline_stories,
    demand_stories,
    device_stories,
    edit_stories,
    goodwill_stories,
    house_stories,
    intake_stories,
    leg_stories,
    notice_stories,
    paper_stories,
    payment_stories,
    picking_stories,
    pickup_stories,
    provider_stories,
    refund_stories,
    reserve_stories,
    reshape_stories,
    return_stories,
    settlement_stories,
    supplier_stories,
    tender_stories,
    till_stories,
    webhook_stories,
)
from tests.simulation.cases.weather import hold_back
from tests.simulation.directed import People, crash_at_write
from tests.simulation.telling import STORIES, simulated_for
from tests.simulation.world import line
from tests.template import template

# What functions may do although the stories do not show it, for which functions, and why.
PERMITTED = (
    ("*", "logs:*", "*Logs", "Lambda writes the function's log with the function's rights"),
    ("*", "xray:Put*", "*", "so do the traces"),
    ("*", "kms:*", "DataKey", "tables, queues and files are enciphered; their services use the key for the function"),
    ("*", "sqs:SendMessage", "*DeadLetters", "Lambda sets aside what failed"),
    ("*", "sqs:ReceiveMessage", "*Queue", "Lambda takes the messages for the function"),
    ("*", "sqs:DeleteMessage", "*Queue", "and removes what is done"),
    ("*", "sqs:GetQueueAttributes", "*Queue", "and looks how many there are"),
    ("publish_events", "dynamodb:*", "EventsTable.StreamArn", "Lambda reads the stream for the function"),
    ("queue_webhooks", "dynamodb:*", "EventsTable.StreamArn", "Lambda reads the stream for the function"),
    ("stock_levels", "dynamodb:*", "StockTable.StreamArn", "Lambda reads the stream for the function"),
    ("inventory_stream", "kinesis:*", "InventoryStream", "Lambda reads the stream for the function"),
    (
        *("post_ledger", "dynamodb:ConditionCheckItem", "LedgerTable"),
        "a store gets a second lane on a day only where two functions write at once",
    ),
    (
        *("care_for_payment", "dynamodb:*", "LedgerTable"),
        "a gift card is held by it only where the run that was to hold it has died",
    ),
    (
        "psp_events",
        "dynamodb:UpdateItem",
        "LedgerTable",
        "a gift card is held by it only after a hold that was in doubt",
    ),
    ("finance_export", "s3:ListBucket", "ExportBucket", "else S3 calls a file that is not there forbidden"),
    ("stock_files", "s3:ListBucket", "IntakeBucket", "the same"),
    ("order_files", "s3:ListBucket", "IntakeBucket", "the same"),
    ("send_notices", "s3:ListBucket", "IntakeBucket", "the same"),
    ("fulfillment", "s3:ListBucket", "IntakeBucket", "the same"),
    (
        *("send_notices", "sqs:SendMessage", "SendNoticesQueue"),
        "a message is put back only while the transport takes nothing",
    ),
)
# A command that is refused looks for its own recorded outcome; whether it comes to that is a matter of chance.
RECORDS, LOOKED_UP = ("dynamodb:PutItem", "CommandsTable"), ("dynamodb:GetItem", "CommandsTable")
# A story in which a function dies after its first transaction, or the nth, so that a repeat of it goes another way.
CRASHES = (
    ("one order", "release_fulfillment"),
    ("many lines", "place_order"),
    ("many lines", "release_fulfillment"),
    ("a file with many lines", "order_files", 3),
)


def seen_in(name, told, before=None):
    """What functions need while something is told and until all has come to rest."""
    simulation = simulated_for(name)
    simulation.aws.needed = set()
    if before is not None:
        before(simulation)
    simulation.outside(name, lambda: told(People(simulation)))
    simulation.run_until_quiet()
    return simulation.aws.needed


def two_shops(people):
    """A second shop opens a lane of its own in the ledger of a day that is open already."""
    for external_id, shop in (("o-1", "web"), ("o-2", "albany")):
        order_id = people.place(external_id, line("MUG"), selling_node=shop)
        people.do(people.released(order_id), "ship")
        people.until(order_id, payment_status="CAPTURED")


def never_begun(people):
    """The event that begins an order's workflow does not come: the recovery begins it."""
    order_id = people.place("o-1", line("MUG"))
    people.simulation.ring("RecoverSagas")
    people.simulation.sleep(1_500)
    for _ in range(3):
        people.simulation.ring("RecoverSagas")
        people.simulation.sleep(300)
    people.do(people.released(order_id), "ship")


@cache
def needed():
    """The rights that each function needs, from all stories together."""
    seen = seen_in("two shops", two_shops)
    seen |= seen_in("never begun", never_begun, lambda simulation: hold_back(simulation, "OrderPlaced", 86_400))
    for name, told in STORIES.items():
        seen |= seen_in(name, told)
    for name, function, *nth in CRASHES:
        dies = partial(crash_at_write, function=function, nth=nth[0] if nth else 1)
        seen |= seen_in(name, STORIES[name], dies)
    found = defaultdict(set)
    for function, action, place in seen:
        found[function].add((action, place))
        if (action, place) == RECORDS:
            found[function].add(LOOKED_UP)
    return {function: frozenset(pairs) for function, pairs in found.items()}


def granted(function):
    return rights(template("aws"), f"{pascal(function)}Role")


def is_permitted(function, action, place):
    return any(
        fnmatchcase(function, functions) and fnmatchcase(action, actions) and fnmatchcase(place, places)
        for functions, actions, places, _ in PERMITTED
    )


@pytest.mark.parametrize("function", sorted(FUNCTIONS))
def test_a_function_may_do_exactly_what_it_does(function):
    used = needed().get(function, frozenset())
    assert sorted(used - granted(function)) == [], "used but not granted"
    never_used = sorted(granted(function) - used)
    assert [pair for pair in never_used if not is_permitted(function, *pair)] == [], "granted but never used"


def test_every_function_is_met_in_the_stories():
    assert set(FUNCTIONS) - needed().keys() == {"console"}, "the console serves files of its own"


def test_every_exception_is_one():
    for functions, actions, places, why in PERMITTED:
        taken = {
            (function, action, place)
            for function in FUNCTIONS
            for action, place in granted(function) - needed().get(function, frozenset())
            if fnmatchcase(function, functions) and fnmatchcase(action, actions) and fnmatchcase(place, places)
        }
        assert taken, f"nobody needs the exception for {actions}: {why}"


def test_no_action_is_a_wildcard():
    for role, statement in statements(template("aws")):
        assert not [action for action in as_list(statement["Action"]) if "*" in action], role
