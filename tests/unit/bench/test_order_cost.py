"""From metered quantities to dollars."""

import pytest

from bench.order_cost import bill, billed_seconds, dollars_per_million, gigabyte_seconds, used


def function(invocations, milliseconds, memory, log_bytes=0):
    return {"invocations": invocations, "milliseconds": milliseconds, "memory": memory, "log_bytes": log_bytes}


@pytest.fixture
def meter():
    return {
        "tables": {
            "orders": {"write_units": 10, "index_units": 4, "read_units": 2.0},
            "stock": {"write_units": 6, "index_units": 0, "read_units": 2.0},
        },
        "functions": {
            "place_order": function(1, 10, 1769),
            "source_order": function(1, 20, 1769),
            "authorize_payment": function(1, 30, 1769),
            "start_order_workflow": function(1, 90, 1024),
            "post_ledger": function(2, 5, 3538),
        },
        "messages": {"start_order_workflow": 1, "post_ledger": 3},
        "transitions": 3,
        "express_runs": 1,
        "events": {"domain": 8, "store": 5},
        "archived_bytes": 10_000,
        "api_requests": 1,
        "export": {
            "tables": {"ledger": {"write_units": 8, "index_units": 0, "read_units": 12.0}},
            "functions": {"finance": function(1, 10, 1769), "finance_export": function(1, 500, 1024)},
            "messages": {"finance_export": 1},
            "transitions": 0,
            "express_runs": 0,
            "events": {"domain": 2, "store": 0},
            "archived_bytes": 1_000,
            "api_requests": 1,
            "objects": {"PUT": 3, "GET": 3, "LIST": 1},
            "orders": 100,
        },
    }


def test_an_export_is_shared_by_the_orders_of_its_date(meter):
    parts = {line.part: line.dollars for line in used(meter["export"])}
    assert parts["S3, put and listed"] == 4 * 5
    assert parts["S3, read"] == pytest.approx(3 * 0.4)
    assert parts["Lambda, invocations"] == pytest.approx(2 * 0.2)
    assert "Step Functions, Express time" not in parts
    assert dollars(meter, "Finance export, its share") == pytest.approx(sum(parts.values()) / 100)
    without = dollars_per_million(meter) - sum(line.dollars for line in used(meter))
    assert without == pytest.approx(sum(parts.values()) / 100)


def dollars(meter, part):
    return next((line.dollars for line in bill(meter) if line.part == part), 0)


def test_each_part_is_quantity_times_price(meter):
    assert dollars(meter, "DynamoDB, items written") == pytest.approx(16 * 0.625)
    assert dollars(meter, "DynamoDB, indexes written") == pytest.approx(4 * 0.625)
    assert dollars(meter, "DynamoDB, read") == pytest.approx(4 * 0.125)
    assert dollars(meter, "Step Functions, Standard") == 75
    assert dollars(meter, "Lambda, invocations") == pytest.approx(6 * 0.2)
    assert dollars(meter, "EventBridge, domain bus") == 8
    assert dollars(meter, "EventBridge, archive") == pytest.approx(1)
    # Four messages sent; three batches received and deleted.
    assert dollars(meter, "SQS") == pytest.approx((4 + 2 * 3) * 0.4)
    assert dollars(meter, "CloudWatch Logs") == pytest.approx(400 * 0.5 / 1000)


def test_the_sum_is_the_sum_of_the_parts(meter):
    assert dollars_per_million(meter) == pytest.approx(sum(line.dollars for line in bill(meter)))


def test_what_was_not_used_has_no_line(meter):
    meter["events"]["store"] = 0
    assert dollars(meter, "EventBridge, store bus") == 0
    assert all(line.quantity for line in bill(meter))


def test_time_is_stretched_to_the_share_of_a_processor():
    functions = {"small": function(2, 10, 1769 / 4), "large": function(1, 10, 3538)}
    assert billed_seconds(functions, "small") == pytest.approx(0.08)
    assert billed_seconds(functions, "large") == pytest.approx(0.01)
    assert gigabyte_seconds(functions) == pytest.approx(0.08 * 1769 / 4 / 1024 + 0.01 * 3538 / 1024)


def test_waiting_is_as_long_as_what_is_waited_for(meter):
    assert billed_seconds(meter["functions"], "start_order_workflow") == pytest.approx(0.05)
