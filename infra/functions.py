"""Every function of the product: what starts it, what it may touch, how long and how large it may get.

The row's name is the folder under functions/. The template, the tests and the docs all follow this table.
"""

from __future__ import annotations

from infra import grants as g
from infra.finance_functions import FINANCE_CONSUMERS
from infra.function_spec import FunctionSpec, Ring
from infra.http_functions import HTTP
from infra.notice_functions import NOTICE_CONSUMERS
from infra.payment_functions import PAYMENT_CONSUMERS, PAYMENT_TASKS, UNMATCHED
from infra.return_functions import RETURN_CONSUMERS, RETURN_TASKS
from infra.store_functions import POS_QUARANTINED
from infra.webhook_functions import WEBHOOK_CONSUMERS, WEBHOOK_STREAM

WORKFLOW_TASKS = (
    *(*PAYMENT_TASKS, *RETURN_TASKS),
    FunctionSpec(
        "source_order",
        "Confirms or improves the plan of an order and turns reservations into allocations.",
        (
            *g.COMMAND,
            *g.CHANGE_ORDER,
            *g.table("stock", "batch", "query", "put", "update"),
            *g.table("registry", "batch", "query"),
        ),
        memory=512,
    ),
    FunctionSpec(
        "authorize_payment",
        "Authorises the payment of an order at the provider, once.",
        (*g.COMMAND, *g.CHANGE_ORDER, *g.TENDERS),
        memory=512,
    ),
    FunctionSpec(
        "release_fulfillment",
        "Hands a fulfilment order to its node, or activates what is digital, and keeps the token of its workflow.",
        # Deadlines follow from service levels and opening hours; what is digital is activated at once.
        (
            *g.COMMAND,
            *g.CHANGE_ORDER,
            *g.listed("orders", "get", "batch"),
            *g.table("registry", "batch", "query"),
            *g.table("ledger", "put"),
            *g.ACTIVATION_SECRET,
        ),
        # A node may have shipped before the wait began; then the function answers its own token.
        later=g.ANSWER_FULFILLMENT_WORKFLOW,
    ),
    FunctionSpec(
        "capture_payment",
        "Captures exactly the amount of what was shipped, once.",
        (*g.COMMAND, *g.CHANGE_ORDER, *g.TENDERS),
        memory=512,
    ),
    FunctionSpec(
        "reroute_fulfillment",
        "Gives units that a node gave up, or has not answered for, to other nodes.",
        (
            *g.COMMAND,
            *g.CHANGE_ORDER,
            *g.table("stock", "batch", "query", "put", "update"),
            *g.table("registry", "batch", "query"),
        ),
        memory=512,
    ),
    FunctionSpec(
        "escalate_fulfillment",
        "Takes what is due about a fulfilment order, and puts one that needs a person in front of an operator.",
        # What nobody collects goes back to the shelf; work that is overdue is a task, once.
        (*g.COMMAND, *g.CHANGE_ORDER, *g.table("orders", "get"), *g.table("stock", "put", "update")),
    ),
)

QUEUE_CONSUMERS = (
    *(*PAYMENT_CONSUMERS, *WEBHOOK_CONSUMERS, *RETURN_CONSUMERS),
    FunctionSpec(
        "start_order_workflow",
        "Runs the order workflow for each order that may go on.",
        g.RUN_ORDER_WORKFLOW,
        detail_types=(
            ("OrderPlaced", {"status": ["CONFIRMED", "IN_PROGRESS"]}),
            *("OrderReviewAccepted", "OrderPaymentSettled", "OrderRerouted"),
            *("OrderMethodChanged", "OrderEdited"),
            ("ParcelClaimed", {"resolution": ["reship"]}),
            "OrderLineSubstituted",
            "OrderBackordersAllocated",
            "OrderShipsAsAvailable",
            ("FulfillmentOrderReceived", {"begins_work": [True]}),
            "FulfillmentOrderSplit",
        ),
        timeout=60,
        # A run may wait for the provider as long as the function may: its neighbours must not wait with it.
        batch=1,
        concurrency=20,
    ),
    FunctionSpec(
        "resume_fulfillment",
        "Tells a waiting fulfilment workflow what its node did.",
        (
            *g.table("orders", "query", "put"),
            # The rate card says for how long nothing may be heard of a parcel.
            *g.table("registry", "batch", "query"),
            *g.ANSWER_FULFILLMENT_WORKFLOW,
        ),
        detail_types=(
            "ShipmentShipped",
            "FulfillmentOrderRejected",
            "FulfillmentOrderWithdrawn",
            "FulfillmentOrderClosed",
            "FulfillmentOrderCancelled",
            "FulfillmentOrderSold",
            "FulfillmentOrderCancellationAccepted",
            "FulfillmentOrderReceived",
            # The customer may have less time than the wait for the node.
            ("FulfillmentOrderReady", {"expires": [True]}),
            ("FulfillmentOrderArrival", {"state": ["at_store", "at_curbside"]}),
            "FulfillmentOrderHeld",
            "FulfillmentOrderHoldReleased",
            "FulfillmentOrderRescheduled",
            "FulfillmentOrderSplit",
        ),
        concurrency=10,
    ),
    FunctionSpec(
        "vacate_nodes",
        "Gives what a node cannot do, because it has closed, lost the stock or not found it, to other nodes.",
        (
            *g.COMMAND,
            *g.CHANGE_ORDER,
            *g.listed("orders"),
            *g.table("stock", "batch", "query", "put", "update"),
            *g.table("registry", "batch", "query"),
        ),
        detail_types=("NodeChanged", "StockMoved", "FulfillmentOrderShortPicked"),
        memory=512,
        timeout=300,
        batch=1,
        concurrency=2,
    ),
    FunctionSpec(
        "broker_backlog",
        "Gives stock to the orders that wait for it, by priority, asks its customers, and ends what waited too long.",
        (
            *g.COMMAND,
            *g.CHANGE_ORDER,
            *g.listed("orders"),
            *g.table("stock", "batch", "query", "put", "update"),
            *g.table("registry", "batch", "query"),
        ),
        detail_types=(
            *("StockFreed", ("OrderSourced", {"waits": [True]}), "NodeChanged", "SupplyPut", "SupplyClosed"),
            *("OrderBackordered", "FulfillmentOrderEscalated"),
        ),
        memory=1024,
        timeout=300,
        batch=1,
        concurrency=2,
        layers=("broker",),
    ),
    FunctionSpec(
        "release_payment",
        "Gives back what is held and will never be taken; takes what a tender is to pay when goods are ready.",
        (*g.COMMAND, *g.CHANGE_ORDER, *g.TENDERS),
        detail_types=("OrderCancelled", "OrderLinesCancelled", ("FulfillmentOrderReady", {"captures": [True]})),
        timeout=60,
        concurrency=10,
    ),
    FunctionSpec(
        "refund_payment",
        "Gives back at the provider what is owed to a customer, each part once.",
        (*g.COMMAND, *g.CHANGE_ORDER, *g.TENDERS),
        detail_types=("RefundOwed", "RefundRetried"),
        timeout=60,
        concurrency=10,
    ),
    FunctionSpec(
        "node_messages",
        "Takes what stores, warehouses and suppliers say over the store bus, as the same commands as over HTTP.",
        (
            *g.COMMAND,
            *g.CHANGE_ORDER,
            *g.RECORD_STOCK,
            *g.listed("orders", "get", "batch"),
            *g.table("stock", "get", "delete"),
            *g.table("ledger", "get", "put", "update"),
            *g.table("events", "query"),
        ),
        memory=512,
        concurrency=10,
        rings=(POS_QUARANTINED,),
    ),
    *(*NOTICE_CONSUMERS, *FINANCE_CONSUMERS),
    FunctionSpec(
        "stock_files",
        "Takes in files of stock that were dropped into the intake bucket, part by part, and answers for each row.",
        (*g.COMMAND, *g.RECORD_STOCK, *g.TAKE_STOCK_FILES),
        memory=1024,
        timeout=300,
        # A part is seconds to minutes of work, and each must have the whole time of the function.
        batch=1,
        concurrency=20,
        divides_work=True,
    ),
    FunctionSpec(
        "order_files",
        "Takes in files of orders that were dropped into the intake bucket, and orders of the past among them.",
        (
            *g.COMMAND,
            *g.SAGA,
            *g.listed("orders", "get", "put"),
            *g.HOLD,
            *g.table("registry", "batch", "query"),
            *g.TAKE_ORDER_FILES,
        ),
        memory=1024,
        timeout=300,
        batch=1,
        # A load of history must leave room for the customers of the day.
        concurrency=5,
        divides_work=True,
        limits=("LINE_LIMIT",),
    ),
    FunctionSpec(
        "expire_reservations",
        "Tells of baskets that were kept too long, and gives back what they still hold.",
        (*g.COMMAND, *g.HOLD),
        timeout=60,
        batch=1,
        concurrency=2,
    ),
    FunctionSpec(
        "balance_stock",
        "Evens out the shards of stock in great demand, and takes them back once nobody needs them.",
        (
            *g.table("stock", "batch", "query", "put", "update", "delete"),
            *g.table("registry", "batch", "query"),
        ),
        timeout=60,
        batch=1,
        concurrency=2,
    ),
    FunctionSpec(
        "recover_sagas",
        "Finds what stopped half-way: undoes placements whose runner died, finishes orders and labels.",
        (
            *g.COMMAND,
            *g.SAGA,
            *g.CHANGE_ORDER,
            *g.listed("orders", "get", "delete"),
            *g.table("stock", "put", "update"),
            *g.TENDERS,
            *g.CARRIER_SECRET,
            *g.table("registry", "query"),
            *g.RUN_ORDER_WORKFLOW,
        ),
        memory=512,
        timeout=300,
        # A tenant's round may last minutes: the next tenant must have the whole time of the function too.
        batch=1,
        concurrency=2,
        rings=(Ring("OrdersUnfinished", "An order could not be finished for an hour.", "unfinished-orders"), UNMATCHED),
    ),
)

STREAM_CONSUMERS = (
    FunctionSpec(
        "publish_events",
        "Publishes each event that was stored, to the domain bus and, where nodes need it, to the store bus.",
        g.PUBLISH,
    ),
    WEBHOOK_STREAM,
    FunctionSpec(
        "stock_levels",
        "Sums up what the network and its regions have of each item whose stock has changed, and follows its demand.",
        (
            *g.table("stock", "batch", "query", "put", "update", "delete"),
            *g.listed("orders"),
            *g.table("events", "put"),
            *g.table("registry", "batch", "query"),
        ),
        memory=512,
    ),
    FunctionSpec(
        "inventory_stream",
        "Applies stock movements that arrive on the inventory stream.",
        (*g.COMMAND, *g.table("stock", "batch", "query", "put", "update"), *g.table("registry", "batch", "query")),
        memory=512,
        sets_aside=True,
    ),
)

FUNCTIONS = {spec.name: spec for spec in (*HTTP, *WORKFLOW_TASKS, *QUEUE_CONSUMERS, *STREAM_CONSUMERS)}
