"""Stripe's partner bus: made where the account has a partner event source, and it lets in nobody but Stripe."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from infra.names import pascal
from infra.settings import Settings
from tests.template import NAMED, ROOT, of_type
from tests.template import template as whole

SOURCE = NAMED["stripe_event_source"]
SAMPLES = ROOT / "tests" / "contracts" / "stripe" / "eventbridge"
Template = dict[str, Any]


@pytest.fixture(scope="module")
def partner() -> Template:
    """The template of an account that Stripe has offered a source."""
    return whole("named")


def rule_of(found: Template) -> dict[str, Any]:
    (rule,) = [one for one in of_type(found, "AWS::Events::Rule").values() if one.get("EventBusName") == bus_of(found)]
    return rule


def bus_of(found: Template) -> dict[str, str]:
    (name,) = [name for name, bus in of_type(found, "AWS::Events::EventBus").items() if bus.get("EventSourceName")]
    return {"Ref": name}


def test_without_a_source_there_is_no_such_bus(template: Template) -> None:
    assert not [bus for bus in of_type(template, "AWS::Events::EventBus").values() if "EventSourceName" in bus]


@pytest.mark.capability("K11")
def test_the_bus_is_of_the_source_encrypted_and_keeps_what_it_cannot_read(partner: Template) -> None:
    bus = of_type(partner, "AWS::Events::EventBus")[bus_of(partner)["Ref"]]
    assert (bus["EventSourceName"], bus["Name"]) == (SOURCE, SOURCE)
    assert bus["KmsKeyIdentifier"]
    assert bus["DeadLetterConfig"]["Arn"]["Fn::GetAtt"][0] == "PublishEventsDeadLetters"


@pytest.mark.capability("K11")
def test_nobody_but_stripe_speaks_on_it(partner: Template) -> None:
    policies = of_type(partner, "AWS::Events::EventBusPolicy").values()
    (policy,) = [one for one in policies if one["EventBusName"] == bus_of(partner)]
    statement = policy["Statement"]
    assert (statement["Effect"], statement["Action"], "Condition" in statement) == ("Deny", "events:PutEvents", False)
    assert statement["Principal"] in ("*", {"AWS": "*"})
    # A partner puts its events by another action, which no principal of ours has.
    assert "PutPartnerEvents" not in json.dumps(partner)


@pytest.mark.capability("K11")
def test_its_rule_takes_that_source_only_to_a_queue_with_dead_letters(partner: Template) -> None:
    rule = rule_of(partner)
    assert rule["EventPattern"]["source"] == [SOURCE]
    (target,) = rule["Targets"]
    assert target["Arn"] == {"Fn::GetAtt": [f"{pascal('psp_events')}Queue", "Arn"]}
    assert target["DeadLetterConfig"]["Arn"] == {"Fn::GetAtt": ["PspEventsDeadLetters", "Arn"]}


@pytest.mark.capability("K11")
@pytest.mark.parametrize("sample", sorted(SAMPLES.glob("*.json")), ids=lambda path: path.stem)
def test_each_sample_of_stripe_is_let_through_and_no_other_source(partner: Template, sample: Path) -> None:
    envelope = json.loads(sample.read_text())
    pattern = rule_of(partner)["EventPattern"]
    assert matches(pattern, envelope)
    assert not matches(pattern, {**envelope, "source": f"{SOURCE}-other"})
    assert not matches(pattern, {**envelope, "detail-type": "customer.created"})


def matches(pattern: dict[str, Any], envelope: dict[str, Any]) -> bool:
    """Whether EventBridge would let an event through: exact values and prefixes, all fields."""
    return all(
        any(
            envelope[name].startswith(one["prefix"]) if isinstance(one, dict) else envelope[name] == one
            for one in wanted
        )
        for name, wanted in pattern.items()
    )


class Context:
    """The context of an app as the settings read it."""

    def __init__(self, **values: object) -> None:
        known = json.loads((ROOT / "cdk.json").read_text())["context"]
        self.try_get_context = {**known, **values}.get


@pytest.mark.parametrize("source", ["aws.partner/shopify.com/1", "stripe.com", "aws.partner/stripe.com/", 1])
def test_another_source_is_refused_when_the_template_is_made(source: object) -> None:
    with pytest.raises(ValueError, match="must be a partner event source of Stripe"):
        Settings.from_context(Context(stripe_event_source=source))
    assert Settings.from_context(Context(stripe_event_source=SOURCE)).stripe_event_source == SOURCE
    assert Settings.from_context(Context()).stripe_event_source is None
