"""Grants: what a function may do to a resource, and by which environment variable it finds it.

A grant is the only way to a permission and to an environment variable, so a function has exactly what it asks for.
"""

from __future__ import annotations

from dataclasses import dataclass

TABLES = ("orders", "stock", "registry", "ledger", "events", "commands")
INDEXES = {"orders": ("by_status",), "ledger": ("by_order",)}

# What can be done to a table, each action by one word. A transaction needs the action of each of its parts.
READS = {"get": "GetItem", "batch": "BatchGetItem", "query": "Query"}
WRITES = {"put": "PutItem", "update": "UpdateItem", "delete": "DeleteItem", "check": "ConditionCheckItem"}

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
    **{f"table:{verb}": _table(f"dynamodb:{action}", write=False) for verb, action in READS.items()},
    **{f"table:{verb}": _table(f"dynamodb:{action}", write=True) for verb, action in WRITES.items()},
    "index:query": _table("dynamodb:Query", write=False),
    "table:follow": Access(
        ("dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams"),
        "dynamodb",
        KEY_READ,
    ),
    "bus:publish": Access(("events:PutEvents",)),
    "bucket:list": Access(("s3:ListBucket",)),
    "bucket:read": Access(("s3:GetObject",), "s3", KEY_READ, suffix="/finance/*"),
    "bucket:write": Access(("s3:PutObject",), "s3", KEY_WRITE, suffix="/finance/*"),
    "intake:read": Access(("s3:GetObjectVersion",), "s3", KEY_READ, suffix="/stock/*"),
    "intake:read_orders": Access(("s3:GetObjectVersion",), "s3", KEY_READ, suffix="/orders/*"),
    "intake:answer": Access(("s3:GetObject", "s3:PutObject"), "s3", KEY_WRITE, suffix="/results/*"),
    "notices:write": Access(("s3:GetObject", "s3:PutObject"), "s3", KEY_WRITE, suffix="/notices/*"),
    "labels:write": Access(("s3:GetObject", "s3:PutObject"), "s3", KEY_WRITE, suffix="/labels/*"),
    "mail:send": Access(("ses:SendEmail",)),
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
        ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"),
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


def table(name: str, *verbs: str) -> tuple[Grant, ...]:
    """Exactly these actions on a table, by the words above."""
    return tuple(Grant(f"table:{name}", f"table:{verb}", f"TABLE_{name.upper()}") for verb in verbs)


def listed(name: str, *verbs: str) -> tuple[Grant, ...]:
    """The same, and its lists by its index."""
    return (*table(name, *verbs), Grant(f"index:{name}", "index:query", f"TABLE_{name.upper()}"))


# What every command needs: to record its outcome once, to find it again, and to add its events. Facts are added, never
# changed: no update and no delete, not even by mistake.
COMMAND = (*table("commands", "get", "put"), *table("events", "put"))
# The same for a saga, with its notes.
SAGA = table("commands", "query", "check", "delete")
# An order as it is now, and a change of it with all its parts.
CHANGE_ORDER = table("orders", "query", "put", "update")
# Claims of stock, with the holds of baskets that begin and end with them.
HOLD = table("stock", "get", "batch", "query", "put", "update", "delete")
# Movements and counts of stock, about items and nodes that are known.
RECORD_STOCK = (*table("stock", "batch", "query", "put", "update"), *table("registry", "batch", "query"))
PSP_SECRET = (Grant("secret:psp", "secret:read", "PSP_SECRET_ARN"),)
WEBHOOK_SECRET = (Grant("secret:webhook", "secret:read", "WEBHOOK_SECRET_ARN"),)
WEBHOOK_QUEUE = (Grant("queue:webhooks", "queue:send", "WEBHOOK_QUEUE_URL"),)
CARRIER_SECRET = (Grant("secret:carrier", "secret:read", "CARRIER_SECRET_ARN"),)
ACTIVATION_SECRET = (Grant("secret:activation", "secret:read", "ACTIVATION_SECRET_ARN"),)
# Moving the money of tenders: at a payment provider, and on the gift cards and store credit of the ledger's table.
TENDERS = (*PSP_SECRET, *table("ledger", "get", "put", "update"))
PUBLISH = (
    Grant("bus:domain", "bus:publish", "DOMAIN_BUS"),
    Grant("bus:store", "bus:publish", "STORE_BUS"),
)
RUN_ORDER_WORKFLOW = (Grant("workflow:order", "workflow:run", "ORDER_WORKFLOW_ARN"),)
START_PAYMENT_WORKFLOW = (Grant("workflow:payment", "workflow:start", "PAYMENT_WORKFLOW_ARN"),)
START_RETURN_WORKFLOW = (Grant("workflow:return", "workflow:start", "RETURN_WORKFLOW_ARN"),)
ANSWER_FULFILLMENT_WORKFLOW = (Grant("workflow:fulfillment", "workflow:answer", "FULFILLMENT_WORKFLOW_ARN"),)
READ_EXPORTS = (
    Grant("bucket:export", "bucket:list", "EXPORT_BUCKET"),
    Grant("bucket:export", "bucket:read", "EXPORT_BUCKET"),
)
TAKE_STOCK_FILES = (
    Grant("bucket:intake", "bucket:list", "INTAKE_BUCKET"),
    Grant("bucket:intake", "intake:read", "INTAKE_BUCKET"),
    Grant("bucket:intake", "intake:answer", "INTAKE_BUCKET"),
)
TAKE_ORDER_FILES = (
    Grant("bucket:intake", "bucket:list", "INTAKE_BUCKET"),
    Grant("bucket:intake", "intake:read_orders", "INTAKE_BUCKET"),
    Grant("bucket:intake", "intake:answer", "INTAKE_BUCKET"),
)
# The mail folder of notices shares the bucket of files that are dropped: both are looked at and then forgotten.
WRITE_NOTICES = (
    Grant("bucket:intake", "bucket:list", "INTAKE_BUCKET"),
    Grant("bucket:intake", "notices:write", "INTAKE_BUCKET"),
)
# So do the files of labels, which are fetched once more when they are gone.
KEEP_LABEL_FILES = (
    Grant("bucket:intake", "bucket:list", "INTAKE_BUCKET"),
    Grant("bucket:intake", "labels:write", "INTAKE_BUCKET"),
)
WRITE_EXPORTS = (*READ_EXPORTS, Grant("bucket:export", "bucket:write", "EXPORT_BUCKET"))
