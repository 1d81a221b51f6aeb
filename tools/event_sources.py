"""What comes in: messages of nodes, wishes of the clock, and the shapes of what starts a function."""

from __future__ import annotations

from pydantic import BaseModel

from oms.capacity.messages import PAUSE_NODE, RESUME_NODE
from oms.capacity.requests import PauseRequest, ResumeRequest
from oms.drawers.messages import CLOSE_DRAWER, COUNT_DRAWER, END_DRAWER, OPEN_DRAWER, RECORD_DRAWER_MOVEMENT
from oms.drawers.requests import (
    CloseDrawerMessage,
    CountDrawerMessage,
    DrawerMovementMessage,
    EndDrawerMessage,
    OpenDrawerMessage,
)
from oms.fulfillment.device_requests import DeviceActionsRequest
from oms.fulfillment.messages import RESHAPINGS, VERBS
from oms.fulfillment.request import request_of
from oms.fulfillment.reshape import Reshaping
from oms.fulfillment.reshape_requests import REQUESTS
from oms.inventory.messages import RECORD_MOVEMENTS, RECORD_SNAPSHOTS
from oms.inventory.requests import Movements, Snapshots
from oms.inventory.supply.messages import DISPATCH_SUPPLY, RECEIVE_SUPPLY
from oms.inventory.supply.requests import Dispatch, Receipt
from oms.pos.foreign import RECORD_FOREIGN_TRANSACTIONS, ForeignTransactions
from oms.pos.messages import RECORD_POS_TRANSACTION
from oms.pos.requests import TransactionMessage
from oms.tasks.messages import COMPLETE_TASK
from oms.tasks.requests import CompletionRequest
from oms.waves.requests import CloseWaveRequest, WaveRequest

# What nodes send on the store bus -> what it holds, and the call over HTTP that means the same.
NODE_MESSAGES: dict[str, tuple[type[BaseModel], str]] = {
    **{name: (request_of(verb), f"POST …/{verb.value}") for name, verb in VERBS.items()},
    **{name: (REQUESTS[Reshaping(verb)], f"POST …/{verb}") for name, verb in RESHAPINGS.items()},
    "CreateWave": (WaveRequest, "POST /v1/nodes/{node_id}/waves"),
    "CloseWave": (CloseWaveRequest, "POST /v1/nodes/{node_id}/waves/{wave_id}/close"),
    PAUSE_NODE: (PauseRequest, "POST /v1/nodes/{node_id}/pause"),
    RESUME_NODE: (ResumeRequest, "POST /v1/nodes/{node_id}/resume"),
    "TakeDeviceActions": (DeviceActionsRequest, "POST /v1/nodes/{node_id}/device-actions"),
    COMPLETE_TASK: (CompletionRequest, "POST /v1/tasks/{task_id}/completions"),
    DISPATCH_SUPPLY: (Dispatch, "POST /v1/supply/{supply_id}/dispatch"),
    RECEIVE_SUPPLY: (Receipt, "POST /v1/supply/{supply_id}/receipts"),
    OPEN_DRAWER: (OpenDrawerMessage, "POST /v1/drawers/{drawer_id}/sessions"),
    RECORD_DRAWER_MOVEMENT: (DrawerMovementMessage, "POST /v1/drawer-sessions/{session_id}/movements"),
    END_DRAWER: (EndDrawerMessage, "POST /v1/drawer-sessions/{session_id}/end"),
    COUNT_DRAWER: (CountDrawerMessage, "POST /v1/drawer-sessions/{session_id}/counts"),
    CLOSE_DRAWER: (CloseDrawerMessage, "POST /v1/drawer-sessions/{session_id}/close"),
    RECORD_POS_TRANSACTION: (TransactionMessage, "POST /v1/pos/transactions"),
    RECORD_FOREIGN_TRANSACTIONS: (ForeignTransactions, "the same for each transaction, in the words of its system"),
    RECORD_MOVEMENTS: (Movements, "POST /v1/inventory/movements"),
    RECORD_SNAPSHOTS: (Snapshots, "POST /v1/inventory/snapshots"),
}
# Those that may say more by now than they could at first; whoever says less is still understood.
MESSAGE_VERSIONS = {
    **{"CloseFulfillmentOrder": 2, "FeedMessage": 2, "RecordDrawerMovement": 3, "RecordPosTransaction": 5},
    **{"RecordMovements": 2, "RecordSnapshots": 3, "HandOverFulfillmentOrder": 2},
    **{"PickFulfillmentOrder": 2, "PackFulfillmentOrder": 2, "StageFulfillmentOrder": 2},
    **{"ReceiveFulfillmentOrder": 2, "CompleteTask": 2},
}
# How often each schedule asks, as infra/events.py says it.
SCHEDULES = {
    "SagaRecoveryRequested": ("recover_sagas", "every five minutes"),
    "ReservationExpiryRequested": ("expire_reservations", "every minute"),
    "StockBalanceRequested": ("balance_stock", "every minute"),
    "BacklogBrokeringRequested": ("broker_backlog", "every five minutes"),
    "FinanceExportRequested": ("finance_export", "daily at 05:00 UTC"),
}

# Sample below samples/triggers -> what it looks like, and the functions that such an event starts.
TRIGGERS: dict[str, tuple[str, tuple[str, ...]]] = {
    "http": (
        "HTTP API, payload 2.0, with the token of a channel",
        (
            *("place_order", "read_orders", "change_orders", "registry"),
            *("inventory", "rule_sets", "promises", "simulations", "reservations", "fulfillment", "finance", "console"),
            *("capacity", "supply", "drawers", "appeasements", "returns", "pos", "settlements", "payments"),
            *("gift_cards", "papers", "webhook_subscriptions"),
        ),
    ),
    "webhook": ("the same without a token, with a signed body", ("psp_webhook",)),
    "queue": (
        "SQS batch of events from the domain bus",
        (
            "start_order_workflow",
            "start_payment_workflow",
            "start_return_workflow",
            "resume_fulfillment",
            "vacate_nodes",
            "broker_backlog",
            "release_payment",
            "refund_payment",
            "post_ledger",
            "number_documents",
            "finance_export",
            "psp_events",
            "send_notices",
            "grant_goodwill",
        ),
    ),
    "partner_queue": ("SQS batch of events of Stripe's partner bus", ("psp_events",)),
    "node_queue": ("SQS batch of messages from the store bus", ("node_messages",)),
    "schedule_queue": (
        "SQS batch of wishes of the clock",
        ("recover_sagas", "expire_reservations", "balance_stock", "broker_backlog", "finance_export"),
    ),
    "files_queue": (
        "SQS: an object of the intake bucket, as S3 tells of it, or a part of one",
        ("stock_files", "order_files"),
    ),
    "events_stream": ("DynamoDB stream of table `events`", ("publish_events", "queue_webhooks")),
    "webhook_queue": ("SQS: something to do for a subscriber of outgoing webhooks", ("send_webhooks",)),
    "stock_stream": ("DynamoDB stream of table `stock`", ("stock_levels",)),
    "inventory_stream": (
        "Kinesis batch of [FeedMessage](schemas/FeedMessage.v1.json), or of what another system said: "
        "[ForeignRecord](schemas/ForeignRecord.v1.json)",
        ("inventory_stream",),
    ),
    "order_task": (
        "task of the order workflow, or of that of its payment",
        ("source_order", "authorize_payment", "care_for_payment"),
    ),
    "return_task": ("task of the return workflow", ("care_for_return",)),
    "release_task": ("task that waits for a node", ("release_fulfillment",)),
    "fulfillment_task": (
        "task of the fulfilment workflow",
        ("capture_payment", "reroute_fulfillment", "escalate_fulfillment"),
    ),
}
