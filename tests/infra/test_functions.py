"""Each function is made the one way: own role and logs, bounded time and memory, failures kept, alarms that ring."""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from infra.functions import FUNCTIONS
from infra.settings import Settings
from tests.template import ROOT, function_name, of_type

FUNCTION = "AWS::Lambda::Function"
EXTRA_LAYERS = {"finance_export": ["ExportLayer"], "broker_backlog": ["BrokerLayer"], "papers": ["PapersLayer"]}


def _functions(template):
    return {function_name(logical_id): row for logical_id, row in of_type(template, FUNCTION).items()}


def test_the_template_holds_exactly_the_functions_of_the_table(template):
    assert sorted(_functions(template)) == sorted(FUNCTIONS)


def test_every_row_has_a_handler_and_every_handler_a_row():
    handlers = {path.parent.name for path in (ROOT / "functions").glob("*/handler.py")}
    assert handlers == set(FUNCTIONS)


def test_each_function_has_a_role_of_its_own(template):
    roles = [row["Role"]["Fn::GetAtt"][0] for row in _functions(template).values()]
    assert len(set(roles)) == len(FUNCTIONS)


def test_roles_carry_no_managed_policies(template):
    for name, role in of_type(template, "AWS::IAM::Role").items():
        assert "ManagedPolicyArns" not in role, name


def test_each_function_writes_to_a_log_group_of_its_own_for_thirty_days(template):
    groups = [row["LoggingConfig"]["LogGroup"]["Ref"] for row in _functions(template).values()]
    assert len(set(groups)) == len(FUNCTIONS)
    for name, group in of_type(template, "AWS::Logs::LogGroup").items():
        assert group["RetentionInDays"] == 30, name
        assert group["KmsKeyId"] == {"Fn::GetAtt": ["DataKey", "Arn"]}, name
        assert template["Resources"][name]["DeletionPolicy"] == "Delete", name


def test_time_memory_and_machine_are_stated(template):
    for name, row in _functions(template).items():
        assert (row["Runtime"], row["Architectures"], row["Handler"]) == ("python3.13", ["arm64"], "handler.handler")
        assert row["TracingConfig"] == {"Mode": "Active"}, name
        assert row["Timeout"] == FUNCTIONS[name].timeout > 3, name
        assert row["MemorySize"] == FUNCTIONS[name].memory, name
        assert 256 <= row["MemorySize"] <= 1024, name


def test_functions_behind_the_gateway_answer_before_it_gives_up(template):
    for name, row in _functions(template).items():
        if FUNCTIONS[name].routes or FUNCTIONS[name].open_routes:
            assert row["Timeout"] < 30, name
            assert row["MemorySize"] == 512, name


def test_no_failure_is_lost_without_a_trace(template):
    queues = of_type(template, "AWS::SQS::Queue")
    for name, row in _functions(template).items():
        assert row["DeadLetterConfig"]["TargetArn"]["Fn::GetAtt"][0] in queues, name


def test_a_large_layer_is_carried_by_the_one_that_needs_it(template):
    for name, row in _functions(template).items():
        layers = [layer["Ref"] for layer in row["Layers"]]
        assert sorted(layers) == sorted(["DepsLayer", "OmsLayer", *EXTRA_LAYERS.get(name, [])]), name


def test_a_function_is_told_only_of_what_it_may_touch(template):
    for name, row in _functions(template).items():
        spec = FUNCTIONS[name]
        expected = {grant.variable for grant in spec.grants} | {"POWERTOOLS_SERVICE_NAME"} | set(spec.limits)
        expected |= {"DEAD_LETTERS_URL"} if spec.sets_aside else set()
        expected |= {"QUEUE_URL"} if spec.divides_work else set()
        assert set(row["Environment"]["Variables"]) == expected, name


def test_a_function_that_sets_records_aside_finds_its_own_dead_letters(template):
    told = {
        name: row["Environment"]["Variables"]["DEAD_LETTERS_URL"]
        for name, row in _functions(template).items()
        if "DEAD_LETTERS_URL" in row["Environment"]["Variables"]
    }
    assert told == {"inventory_stream": {"Ref": "InventoryStreamDeadLetters"}}


def test_a_function_that_divides_its_work_finds_its_own_queue(template):
    told = {
        name: row["Environment"]["Variables"]["QUEUE_URL"]
        for name, row in _functions(template).items()
        if "QUEUE_URL" in row["Environment"]["Variables"]
    }
    divided = {
        "stock_files": "StockFilesQueue",
        "order_files": "OrderFilesQueue",
        "send_notices": "SendNoticesQueue",
        "send_webhooks": "SendWebhooksQueue",
    }
    assert told == {name: {"Ref": queue} for name, queue in divided.items()}


@pytest.mark.parametrize("metric", ["Errors", "Throttles"])
def test_every_function_has_an_alarm(template, metric):
    watched = {
        dimension["Value"]["Ref"]
        for alarm in of_type(template, "AWS::CloudWatch::Alarm").values()
        if alarm["Namespace"] == "AWS/Lambda" and alarm["MetricName"] == metric
        for dimension in alarm["Dimensions"]
    }
    assert watched == set(of_type(template, FUNCTION))


def test_what_a_function_counts_rings_its_alarm(template):
    counted = {
        (alarm["MetricName"], alarm["Dimensions"][0]["Name"], alarm["Dimensions"][0]["Value"])
        for alarm in of_type(template, "AWS::CloudWatch::Alarm").values()
        if alarm["Namespace"] == "Spine"
    }
    assert counted == {
        ("PostingsQuarantined", "service", "post_ledger"),
        ("UnmatchedMoney", "service", "recover_sagas"),
        ("PosTransactionsQuarantined", "service", "pos"),
        ("PosTransactionsQuarantined", "service", "node_messages"),
        ("OrdersUnfinished", "service", "recover_sagas"),
        ("SettlementsParked", "service", "psp_events"),
        ("NoticesHeldUp", "service", "send_notices"),
        ("ParcelsUnknown", "service", "psp_events"),
        ("WebhooksGivenUp", "service", "send_webhooks"),
    }
    for _, _, service in counted:
        assert _functions(template)[service]["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"] == service


def test_every_alarm_rings_and_names_a_page_of_the_runbook(template):
    for name, alarm in of_type(template, "AWS::CloudWatch::Alarm").items():
        assert alarm["AlarmActions"] == [{"Ref": "AlarmTopic"}], name
        assert "Runbook: docs/operations.md#" in alarm["AlarmDescription"], name
        assert alarm["TreatMissingData"] == "notBreaching", name


def test_the_line_limit_comes_from_the_context(template):
    context = json.loads((ROOT / "cdk.json").read_text())["context"]
    assert context["line_limit"] == 200
    told = {
        name: row["Environment"]["Variables"]["LINE_LIMIT"]
        for name, row in _functions(template).items()
        if "LINE_LIMIT" in row["Environment"]["Variables"]
    }
    assert told == {"place_order": "200", "order_files": "200", "simulations": "200"}


def _settings(**context):
    known = json.loads((ROOT / "cdk.json").read_text())["context"] | context
    return Settings.from_context(SimpleNamespace(try_get_context=known.get))


@pytest.mark.parametrize(("given", "limit"), [(1, "1"), ("500", "500"), (2000, "2000")])
def test_another_line_limit_may_be_given(given, limit):
    assert _settings(line_limit=given).limits == {"LINE_LIMIT": limit}


@pytest.mark.parametrize("given", [0, -1, 2001, "many", "1.5", "²", None, ""])
def test_a_line_limit_that_makes_no_sense_stops_the_synthesis(given):
    with pytest.raises(ValueError, match=r"context line_limit=.*: must be a whole number from 1 to 2000"):
        _settings(line_limit=given)


def test_a_missing_handler_stops_the_synthesis_with_its_name(tmp_path):
    from infra.constructs.function import _code

    with pytest.raises(FileNotFoundError, match=r"functions/place_order/handler\.py is missing"):
        _code(Path(tmp_path) / "place_order")
