"""stock_files over moto: from the object in the bucket to the answer beside it, by the template's rule and queue."""

from __future__ import annotations

import json

import boto3
import pytest

from oms.inventory import file_rows
from oms.platform import objects, own_queue
from tests.intake_doors import KEY, count
from tests.moto_doors import MotoDoors, deployed, moto_doors

__all__ = ["deployed", "moto_doors"]


@pytest.mark.capability("O4")
def test_a_dropped_file_reaches_the_function_and_is_answered(moto_doors: MotoDoors, monkeypatch: pytest.MonkeyPatch):
    for client in (own_queue._client, objects._client):
        client.cache_clear()
    monkeypatch.setattr(file_rows, "MOST_ROWS_OF_PART", 2)
    bucket, queue = (moto_doors.deployed.name(name) for name in ("IntakeBucket", "StockFilesQueue"))
    s3, sqs = boto3.client("s3"), boto3.client("sqs")
    rows = [count(units=7), count("S1", units=3), count("S9"), count("S2", "B", units=4), count("S2", "B", units=5)]
    version = s3.put_object(Bucket=bucket, Key=KEY, Body="\n".join([file_rows.HEADER, *rows]).encode())["VersionId"]
    delivered = 0
    while messages := sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages"):
        for message in messages:
            assert moto_doors.queue("stock_files", json.loads(message["Body"])) == []
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
            delivered += 1
    assert delivered == 1 + 3
    folder = f"results/acme/nightly/{version}"
    answers = [s3.get_object(Bucket=bucket, Key=f"{folder}/part-0000{part}.csv")["Body"].read() for part in (1, 2, 3)]
    assert [answer.decode().splitlines()[1:] for answer in answers] == [
        ["2,recorded,,", "3,recorded,,"],
        ["4,refused,unknown_node,node_id: There is no node S9.", "5,recorded,,"],
        ["6,ignored,,"],
    ]
    manifest = json.loads(s3.get_object(Bucket=bucket, Key=f"{folder}/manifest.json")["Body"].read())
    assert [manifest[name] for name in ("rows", "recorded", "ignored", "refused")] == [5, 3, 1, 1]
    world = moto_doors.world
    moto_doors.enter("inventory")
    assert [world.stock("A", "DC1").on_hand, world.stock("A", "S1").on_hand, world.stock("B", "S2").on_hand] == [
        7,
        3,
        4,
    ]
    for sku, node in world.received:
        world.received[sku, node] = world.stock(sku, node).on_hand
