"""A file of counts is dropped into the bucket of the running system, and what comes of it is read over HTTP."""

from __future__ import annotations

import csv
import json
from typing import Any

import pytest

from tests.journeys.shop import Shop, until

DC, OTHER_DC = "dc-columbus", "dc-salt-lake"
HEADER = "node_id,sku,quantity,as_of,source,sequence,reason"


def _loaded(shop: Shop, *rows: str) -> tuple[dict[str, Any], list[list[str]]]:
    """Drop a file; its manifest and its results, once they are there."""
    objects, bucket = shop.running.aws("s3"), shop.running.outputs["IntakeBucketName"]
    content = "\n".join([HEADER, *rows, ""]).encode()
    version = objects.put_object(Bucket=bucket, Key="stock/acme/journey.csv", Body=content)["VersionId"]
    folder = f"results/acme/journey/{version}"

    def look() -> Any:
        found = objects.list_objects_v2(Bucket=bucket, Prefix=f"{folder}/manifest.json").get("Contents")
        return json.loads(objects.get_object(Bucket=bucket, Key=found[0]["Key"])["Body"].read()) if found else None

    manifest = until(look, "the file was not taken in")
    parts = [objects.get_object(Bucket=bucket, Key=part["key"])["Body"].read().decode() for part in manifest["parts"]]
    return manifest, [row for part in parts for row in list(csv.reader(part.splitlines()))[1:]]


@pytest.mark.capability("O4")
def test_a_file_of_counts_becomes_stock_and_is_answered_row_by_row(shop: Shop) -> None:
    sku = shop.new_item({DC: 9})
    told = "2026-01-02T03:04:05Z"
    later = shop.get(f"/v1/availability?skus={sku}")["as_of"]
    rows = [
        f"{DC},{sku},7,{later},erp,2,count",
        f"{OTHER_DC},{sku},4,{later},erp,1,count",
        f"nowhere,{sku},1,{told},erp,1,count",
        "x,y",
    ]
    manifest, results = _loaded(shop, *rows)
    assert [manifest[name] for name in ("rows", "recorded", "ignored", "refused")] == [4, 2, 0, 2]
    assert [row[:3] for row in results] == [
        ["2", "recorded", ""],
        ["3", "recorded", ""],
        ["4", "refused", "unknown_node"],
        ["5", "refused", "malformed_row"],
    ]
    assert [shop.stock(sku, node)["on_hand"] for node in (DC, OTHER_DC)] == [7, 4]

    again, _ = _loaded(shop, *rows)
    assert [again[name] for name in ("rows", "recorded", "ignored", "refused")] == [4, 0, 2, 2]
    assert [shop.stock(sku, node)["on_hand"] for node in (DC, OTHER_DC)] == [7, 4]
