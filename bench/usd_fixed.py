"""usd_fixed_per_month: what the deployed system costs in a month in which nothing happens, counted in its template."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from bench import prices
from bench.figures import RESULTS, Figure
from bench.system import Bench
from local.deploy import ASSEMBLY
from tools.stacks import whole_template

IDLE = RESULTS / "idle_bill.json"
# Lambda keeps five long polls of 20 seconds open on each queue that a function reads.
POLLERS = 5
POLLS_AN_HOUR = 180
MILLION = 1e6


@dataclass(frozen=True, slots=True)
class FixedLine:
    """One line of the idle bill."""

    part: str
    how_many: int
    dollars: float


def idle_bill(template: Mapping[str, Any]) -> list[FixedLine]:
    """The idle bill of a synthesised template."""
    kinds = Counter(resource["Type"] for resource in template["Resources"].values())
    boards = kinds["AWS::CloudWatch::Dashboard"]
    mappings = [
        resource["Properties"]
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::Lambda::EventSourceMapping"
    ]
    # A stream's mapping says where it starts; a queue's has no such place.
    queues = sum("StartingPosition" not in properties for properties in mappings)
    polls = queues * POLLERS * POLLS_AN_HOUR * prices.HOURS_A_MONTH
    shards = sum(
        resource["Properties"].get("ShardCount", 1)
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::Kinesis::Stream"
    )
    return [
        FixedLine("Kinesis shard", shards, shards * prices.SHARD_HOUR * prices.HOURS_A_MONTH),
        FixedLine("alarms", kinds["AWS::CloudWatch::Alarm"], kinds["AWS::CloudWatch::Alarm"] * prices.ALARM),
        FixedLine("dashboards", boards, boards * prices.DASHBOARD),
        FixedLine("KMS key", kinds["AWS::KMS::Key"], kinds["AWS::KMS::Key"] * prices.KEY),
        FixedLine("secret", kinds["AWS::SecretsManager::Secret"], kinds["AWS::SecretsManager::Secret"] * prices.SECRET),
        FixedLine("polls of empty queues", polls, polls * prices.SQS_REQUEST / MILLION),
        FixedLine(
            "clients that sign in by themselves",
            kinds["AWS::Cognito::UserPoolClient"],
            kinds["AWS::Cognito::UserPoolClient"] * prices.MACHINE_CLIENT,
        ),
    ]


def measure(bench: Bench) -> list[Figure]:
    """Counted in the template that was deployed; what AWS alone can provision costs nothing while idle."""
    bench.running  # noqa: B018 - deploys, and so makes the template current
    template = whole_template(ASSEMBLY)
    lines = idle_bill(template)
    RESULTS.mkdir(parents=True, exist_ok=True)
    IDLE.write_text(json.dumps([asdict(line) for line in lines], indent=1) + "\n")
    total = round(sum(line.dollars for line in lines), 2)
    parts = [Figure(f"usd_fixed: {line.part} ({line.how_many:,})", round(line.dollars, 2), "USD") for line in lines]
    return [Figure("usd_fixed_per_month", total, "USD"), *parts]
