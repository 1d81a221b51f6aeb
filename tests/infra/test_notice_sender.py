"""Who customers hear from: an identity of Amazon SES where the deployment names one, else nobody sends anything."""

from __future__ import annotations

from typing import Any

import pytest

from infra.settings import Settings
from tests.infra.policies import statements
from tests.template import NAMED, of_type
from tests.template import template as whole

Template = dict[str, Any]


@pytest.fixture(scope="module")
def sending() -> Template:
    """The template of a deployment that sends by SES."""
    return whole("named")


def of_mail(found: Template) -> list[tuple[str, dict[str, Any]]]:
    return [(role, one) for role, one in statements(found) if "ses:SendEmail" in str(one["Action"])]


def variables(found: Template) -> dict[str, Any]:
    function = of_type(found, "AWS::Lambda::Function")["SendNoticesFunction"]
    return {name: text for name, text in function["Environment"]["Variables"].items() if name.startswith("NOTICE_")}


def test_without_an_identity_nobody_may_send(template: Template) -> None:
    assert of_mail(template) == []
    assert variables(template) == {}


@pytest.mark.capability("B6")
def test_one_function_may_send_from_that_identity_and_by_that_configuration_set_only(sending: Template) -> None:
    ((role, statement),) = of_mail(sending)
    assert (role, statement["Action"]) == ("SendNoticesRole", "ses:SendEmail")
    begins = ["arn:", {"Ref": "AWS::Partition"}, ":ses:", {"Ref": "AWS::Region"}, ":", {"Ref": "AWS::AccountId"}]
    ends = [":configuration-set/spine", ":identity/shop.example"]
    assert statement["Resource"] == [{"Fn::Join": ["", [*begins, end]]} for end in ends]
    assert variables(sending) == {"NOTICE_SENDER": "orders@shop.example", "NOTICE_CONFIGURATION_SET": "spine"}


class Context:
    """A CDK node that has this context."""

    def __init__(self, **context: object) -> None:
        self._context = {"tenants": {"acme": {"channels": ["web"]}}, "line_limit": 200, **context}

    def try_get_context(self, name: str) -> object:
        return self._context.get(name)


@pytest.mark.parametrize(
    ("context", "says"),
    [
        ({"notice_identity": "shop.example"}, "both are needed"),
        ({"notice_sender": "orders@shop.example"}, "both are needed"),
        ({**NAMED, "notice_sender": "orders"}, "notice_sender"),
        ({**NAMED, "notice_configuration_set": "a b"}, "notice_configuration_set"),
    ],
)
def test_half_a_sender_is_refused(context: dict[str, object], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        Settings.from_context(Context(**context))
