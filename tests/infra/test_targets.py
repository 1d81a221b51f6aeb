"""One template: the local run deploys what AWS gets, but for a short list and the files behind the assets."""

import json

import pytest

from infra.local_gaps import LOCAL_GAPS, TAKEN_NO_NOTICE_OF
from tests.template import assembly
from tests.template import template as template_for
from tools.stacks import STACKS, template_files


def _without_assets(found):
    """A template without what names the files of layers and functions."""
    plain = {}
    for name, resource in found["Resources"].items():
        properties = dict(resource.get("Properties", {}))
        if resource["Type"] == "AWS::Lambda::LayerVersion":
            properties.pop("Content")
        if resource["Type"] == "AWS::Lambda::Function":
            properties.pop("Code")
        plain[name] = {**resource, "Properties": properties}
    return {**found, "Resources": plain}


def test_the_local_template_lacks_only_the_listed_gaps():
    aws, local = _without_assets(template_for("aws")), _without_assets(template_for("local"))
    missing = {name: resource for name, resource in aws["Resources"].items() if name not in local["Resources"]}
    assert {resource["Type"] for resource in missing.values()} == set(LOCAL_GAPS)
    kept = {name: resource for name, resource in aws["Resources"].items() if name not in missing}
    assert kept == local["Resources"]


def test_everything_else_of_the_two_is_the_same():
    aws, local = template_for("aws"), template_for("local")
    for section in set(aws) | set(local):
        if section != "Resources":
            assert aws[section] == local[section], section


def test_the_gaps_are_in_the_template_for_aws():
    kinds = {resource["Type"] for resource in template_for("aws")["Resources"].values()}
    assert set(LOCAL_GAPS) <= kinds


def test_what_the_engine_takes_no_notice_of_is_in_both_templates():
    for target in ("aws", "local"):
        rows = template_for(target)["Resources"].values()
        held = {(row["Type"], name) for row in rows for name in row.get("Properties", {})}
        assert set(TAKEN_NO_NOTICE_OF) <= held, target


def test_outputs_name_what_people_and_tests_need():
    outputs = set(template_for("aws")["Outputs"])
    assert outputs >= {
        "ApiUrl",
        "UserPoolId",
        "TokenDomain",
        "TokenUrl",
        "OrdersTableName",
        "DomainBusName",
        "StoreBusName",
        "ExportBucketName",
        "IntakeBucketName",
        "InventoryStreamName",
        "OrderWorkflowArn",
        "FulfillmentWorkflowArn",
        "PspSecretArn",
        "PublishEventsDeadLettersUrl",
        "PostLedgerDeadLettersUrl",
        "AcmeWebClientId",
        "PlaceOrderFunctionName",
    }


@pytest.mark.parametrize("number", range(len(STACKS)))
@pytest.mark.parametrize("target", ["aws", "local"])
def test_each_stack_stays_within_what_cloudformation_takes(target, number):
    path = template_files(assembly(target))[number]
    stack = json.loads(path.read_text())
    # CloudFormation takes 500. A function with a queue is 11 of them, one behind the API 7 and its routes: the last
    # 20 are for the one that is just being built when this fails (decision 34).
    assert len(stack["Resources"]) <= 480
    assert len(stack["Outputs"]) <= 200
    # In bytes; a template of 500 resources is some 560,000.
    assert path.stat().st_size <= 1_000_000


def test_the_first_stack_takes_nothing_from_the_door():
    """So that they are deployed in one order."""
    core, door = (path.read_text() for path in template_files(assembly("aws")))
    assert "Fn::ImportValue" not in core
    assert "Fn::ImportValue" in door


def test_a_stack_uses_only_layers_of_its_own():
    """A new version of a layer is another resource, and what is exported cannot change while the door uses it."""
    core, door = (json.loads(file.read_text()) for file in template_files(assembly("aws")))
    assert [name for name in core["Outputs"] if "Layer" in name] == []
    for stack in (core, door):
        own = {name for name, one in stack["Resources"].items() if one["Type"] == "AWS::Lambda::LayerVersion"}
        functions = [one for one in stack["Resources"].values() if one["Type"] == "AWS::Lambda::Function"]
        used = [layer for one in functions for layer in one["Properties"].get("Layers", [])]
        assert {layer["Ref"] for layer in used} == own
