"""The whole chain on the local engine: from a call at the front door to the work that a workflow does for it."""

from __future__ import annotations

from tests.conformance.cloud import Cloud, eventually
from tests.conformance.front_door import client_credentials_token, http_api


def test_a_post_ends_in_finished_work_through_every_hop(cloud: Cloud) -> None:
    """HTTP API -> function -> table -> stream -> function -> bus -> queue -> function -> workflow -> function."""
    table, stream = cloud.table(stream=True)
    notes_table, _ = cloud.table()
    # Longer than a cold start on a busy machine: a message that shows again before its work is done is done twice.
    bus, queue = cloud.name("domain"), cloud.queue(VisibilityTimeout="5")
    cloud.client("events").create_event_bus(Name=bus)
    cloud.rule(bus, {"source": ["spine"], "detail-type": ["OrderPlaced"]}, cloud.queue_arn(queue))
    finish = cloud.function("finish_order", TABLE=table, NOTES_TABLE=notes_table)
    machine = cloud.machine({"Finish": {"Type": "Task", "Resource": finish, "End": True}}, kind="EXPRESS")
    reports = {"FunctionResponseTypes": ["ReportBatchItemFailures"]}
    cloud.map_source(
        cloud.function("publish_orders", BUS=bus),
        stream,
        StartingPosition="TRIM_HORIZON",
        MaximumRetryAttempts=2,
        **reports,
    )
    cloud.map_source(cloud.function("start_workflow", MACHINE=machine), cloud.queue_arn(queue), **reports)
    pool, client_id, token = client_credentials_token(cloud)
    url = http_api(cloud, cloud.function("store_body", TABLE=table), pool, client_id)

    orders = ["order-1", "twice", "order-3"]
    for number, order_id in enumerate(orders):
        status, _ = cloud.post(url, {"id": order_id, "qty": number + 1}, authorization=f"Bearer {token}")
        assert status == 201

    def done() -> dict[str, str] | None:
        rows = cloud.client("dynamodb").scan(TableName=table, ConsistentRead=True)["Items"]
        finished = {row["pk"]["S"]: row["done"]["N"] for row in rows if "done" in row}
        return finished if len(finished) == len(orders) else None

    assert eventually(done, 30) == dict.fromkeys(orders, "1")
