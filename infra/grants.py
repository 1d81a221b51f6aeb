"""Grants: what a function may do to a resource, and by which environment variable it finds it.

A grant is the only way to a permission and to an environment variable, so a function has exactly what it asks for.
"""

from __future__ import annotations

from dataclasses import dataclass

TABLES = ("orders", "stock", "registry", "ledger", "events", "commands")
INDEXES = {"orders": ("by_status",), "ledger": ("by_order",)}

_READ = ("dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query")
_WRITE = ("dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:ConditionCheckItem")

KEY_READ = ("kms:Decrypt", "kms:DescribeKey")
KEY_WRITE = (*KEY_READ, "kms:Encrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom", "kms:ReEncryptTo")


@dataclass(frozen=True, slots=True)
class Access:
    """One kind of access: its actions, on the resource itself or on objects in it, and its use of the key.

    `service` is the AWS service that uses the key on the function's behalf; None where the service uses its own right.
    """

    actions: tuple[str, ...]
    service: str | None = None
    key_actions: tuple[str, ...] = ()
    suffix: str = ""


def _table(*actions: str, write: bool) -> Access:
    return Access(actions, "dynamodb", KEY_WRITE if write else KEY_READ)


ACCESS: dict[str, Access] = {
    "table:read": _table(*_READ, write=False),
    "table:change": _table(*_READ, *_WRITE, write=True),
    # Facts are added, never changed: no update and no delete, not even by mistake.
    "table:append": _table("dynamodb:PutItem", write=True),
    "table:follow": Access(
        ("dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams"),
        "dynamodb",
        KEY_READ,
    ),
    "bus:publish": Access(("events:PutEvents",)),
    "bucket:list": Access(("s3:ListBucket",)),
    "bucket:read": Access(("s3:GetObject",), "s3", KEY_READ, suffix="/finance/*"),
    "bucket:write": Access(("s3:PutObject",), "s3", KEY_WRITE, suffix="/finance/*"),
    "stream:follow": Access(
        (
            "kinesis:DescribeStream",
            "kinesis:DescribeStreamSummary",
            "kinesis:GetRecords",
            "kinesis:GetShardIterator",
            "kinesis:ListShards",
        ),
        "kinesis",
        KEY_READ,
    ),
    "secret:read": Access(("secretsmanager:GetSecretValue",), "secretsmanager", KEY_READ),
    "queue:consume": Access(
        ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ChangeMessageVisibility"),
        "sqs",
        KEY_READ,
    ),
    "queue:send": Access(("sqs:SendMessage",), "sqs", ("kms:Decrypt", "kms:GenerateDataKey")),
    "workflow:run": Access(("states:StartSyncExecution",)),
    "workflow:start": Access(("states:StartExecution",)),
    "workflow:answer": Access(("states:SendTaskSuccess", "states:SendTaskFailure")),
}


@dataclass(frozen=True, slots=True)
class Grant:
    """A wish of a function: this access to the resource of this name, found by this environment variable."""

    resource: str
    access: str
    variable: str | None


def read(*tables: str) -> tuple[Grant, ...]:
    return _on_tables(tables, "table:read")


def change(*tables: str) -> tuple[Grant, ...]:
    return _on_tables(tables, "table:change")


def append(*tables: str) -> tuple[Grant, ...]:
    return _on_tables(tables, "table:append")


def _on_tables(tables: tuple[str, ...], access: str) -> tuple[Grant, ...]:
    return tuple(Grant(f"table:{table}", access, f"TABLE_{table.upper()}") for table in tables)


# What every command needs: to record its outcome once, and to add its events.
COMMAND = (*change("commands"), *append("events"))
PSP_SECRET = (Grant("secret:psp", "secret:read", "PSP_SECRET_ARN"),)
PUBLISH = (
    Grant("bus:domain", "bus:publish", "DOMAIN_BUS"),
    Grant("bus:store", "bus:publish", "STORE_BUS"),
)
RUN_ORDER_WORKFLOW = (Grant("workflow:order", "workflow:run", "ORDER_WORKFLOW_ARN"),)
ANSWER_FULFILLMENT_WORKFLOW = (Grant("workflow:fulfillment", "workflow:answer", "FULFILLMENT_WORKFLOW_ARN"),)
READ_EXPORTS = (
    Grant("bucket:export", "bucket:list", "EXPORT_BUCKET"),
    Grant("bucket:export", "bucket:read", "EXPORT_BUCKET"),
)
WRITE_EXPORTS = (*READ_EXPORTS, Grant("bucket:export", "bucket:write", "EXPORT_BUCKET"))
