"""Queues, conditional writes and buses on the local engine."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

from botocore.exceptions import ClientError

from tests.conformance.cloud import Cloud


def test_a_poison_message_goes_to_the_dead_letter_queue_after_its_redrives(cloud: Cloud) -> None:
    dead, notes = cloud.queue(), cloud.queue()
    redrive = json.dumps({"deadLetterTargetArn": cloud.queue_arn(dead), "maxReceiveCount": "2"})
    queue = cloud.queue(VisibilityTimeout="1", RedrivePolicy=redrive)
    function = cloud.function("read_queue", NOTES=notes)
    for value in ("a", "poison", "b"):
        cloud.client("sqs").send_message(QueueUrl=queue, MessageBody=json.dumps({"value": value}))
    cloud.map_source(function, cloud.queue_arn(queue), FunctionResponseTypes=["ReportBatchItemFailures"])

    assert cloud.collect(dead, lambda seen: len(seen) == 1) == [{"value": "poison"}]
    assert sorted(n["applied"][0] for n in cloud.collect(notes, lambda seen: len(seen) >= 2)) == ["a", "b"]
    counts = cloud.client("sqs").get_queue_attributes(
        QueueUrl=queue, AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    )["Attributes"]
    assert set(counts.values()) == {"0"}


def test_racing_transactions_sell_exactly_the_stock_there_is(cloud: Cloud) -> None:
    table, _stream = cloud.table()
    dynamodb, stock, racers = cloud.client("dynamodb"), 20, 60
    key = {"pk": {"S": "sku"}, "sk": {"S": "NODE"}}
    dynamodb.put_item(TableName=table, Item={**key, "left": {"N": str(stock)}})

    def buy(number: int) -> str:
        try:
            dynamodb.transact_write_items(
                TransactItems=[
                    {
                        "Update": {
                            "TableName": table,
                            "Key": key,
                            "UpdateExpression": "SET #left = #left - :one",
                            "ConditionExpression": "#left >= :one",
                            "ExpressionAttributeNames": {"#left": "left"},
                            "ExpressionAttributeValues": {":one": {"N": "1"}},
                        }
                    },
                    {"Put": {"TableName": table, "Item": {"pk": {"S": f"order-{number}"}, "sk": {"S": "ORDER"}}}},
                ]
            )
        except ClientError as refusal:
            return "|".join(reason["Code"] for reason in refusal.response["CancellationReasons"])
        return "sold"

    with ThreadPoolExecutor(16) as pool:
        outcomes = list(pool.map(buy, range(racers)))
    assert outcomes.count("sold") == stock
    assert outcomes.count("ConditionalCheckFailed|None") == racers - stock
    assert dynamodb.get_item(TableName=table, Key=key)["Item"]["left"] == {"N": "0"}
    assert dynamodb.scan(TableName=table, Select="COUNT")["Count"] == stock + 1


def test_a_rule_reaches_a_queue_directly_and_through_a_second_bus(cloud: Cloud) -> None:
    events, near, far = cloud.client("events"), cloud.queue(), cloud.queue()
    domain, store = cloud.name("domain"), cloud.name("store")
    events.create_event_bus(Name=domain)
    store_arn = events.create_event_bus(Name=store)["EventBusArn"]
    pattern = {"source": ["spine"], "detail-type": ["OrderPlaced"], "detail": {"data": {"status": ["CONFIRMED"]}}}
    cloud.rule(domain, pattern, cloud.queue_arn(near))
    cloud.rule(domain, {"source": ["spine"]}, store_arn)
    cloud.rule(store, {"detail-type": ["OrderPlaced"]}, cloud.queue_arn(far))

    for status in ("PENDING_REVIEW", "CONFIRMED"):
        detail = json.dumps({"data": {"status": status}})
        entry = {"EventBusName": domain, "Source": "spine", "DetailType": "OrderPlaced", "Detail": detail}
        assert events.put_events(Entries=[entry])["FailedEntryCount"] == 0
    direct = cloud.collect(near, lambda seen: len(seen) >= 1)
    assert [message["detail"]["data"]["status"] for message in direct] == ["CONFIRMED"]
    forwarded = cloud.collect(far, lambda seen: len(seen) >= 2)
    assert [message["detail"]["data"]["status"] for message in forwarded] == ["PENDING_REVIEW", "CONFIRMED"]
    assert {message["source"] for message in forwarded} == {"spine"}


def test_partner_events_come_through_the_door_and_not_through_put_events(cloud: Cloud) -> None:
    events, queue, bus = cloud.client("events"), cloud.queue(), cloud.name("partner")
    events.create_event_bus(Name=bus)
    source = "aws.partner/shopify.com/1/shop"
    cloud.rule(bus, {"source": [source]}, cloud.queue_arn(queue))
    entry = {"EventBusName": bus, "Source": source, "DetailType": "shopifyWebhook", "Detail": "{}"}
    assert events.put_events(Entries=[entry])["FailedEntryCount"] == 1

    door = f"http://127.0.0.1:{cloud.port}/_spine/partner-events"
    event = {"bus": bus, "source": source, "detail_type": "shopifyWebhook", "detail": {"order": 5}}
    status, answer = cloud.post(door, event)
    assert status == 200
    received = cloud.collect(queue, lambda seen: len(seen) >= 1)[0]
    assert (received["id"], received["source"], received["detail"]) == (answer["event_id"], source, {"order": 5})
    assert cloud.post(door, {**event, "bus": "nowhere"})[0] == 404
    assert cloud.post(door, event, origin="http://example.com")[0] == 403
    assert cloud.post(door, event, host="example.com")[0] == 403
