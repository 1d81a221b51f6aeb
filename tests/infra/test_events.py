"""Events reach functions over queues and streams whose retries are bounded and whose failures are kept."""

from itertools import product

import pytest

from infra.functions import FUNCTIONS
from infra.names import pascal
from tests.infra.policies import as_list, document_size, place
from tests.template import of_type

QUEUE, RULE, MAPPING = "AWS::SQS::Queue", "AWS::Events::Rule", "AWS::Lambda::EventSourceMapping"
DAY = 86_400

# Which domain events reach which function, and with which status; everything else stays on the bus.
_PLANNED = ("OrderMethodChanged", "OrderLineSubstituted", "OrderBackordersAllocated", "OrderShipsAsAvailable")
_TOLD = ("OrderPromiseChanged", "PaymentLinkCreated", "ChoiceOffered", "CouponIssued")
SUBSCRIPTIONS = {
    ("OrderPlaced", "CONFIRMED"): ["StartOrderWorkflowQueue", "SendNoticesQueue"],
    ("OrderPlaced", "IN_PROGRESS"): ["StartOrderWorkflowQueue", "SendNoticesQueue"],
    ("NodeChanged", None): ["VacateNodesQueue", "BrokerBacklogQueue"],
    **{(name, None): "BrokerBacklogQueue" for name in ("StockFreed", "SupplyPut", "SupplyClosed")},
    ("OrderSourced", None): "BrokerBacklogQueue",
    **{(name, None): "VacateNodesQueue" for name in ("StockMoved", "FulfillmentOrderShortPicked")},
    ("FulfillmentOrderWithdrawn", None): "ResumeFulfillmentQueue",
    ("OrderReviewAccepted", None): ["StartOrderWorkflowQueue", "SendNoticesQueue"],
    ("ParcelClaimed", None): ["PostLedgerQueue", "FinanceExportQueue", "StartOrderWorkflowQueue", "GrantGoodwillQueue"],
    **{(name, None): "StartOrderWorkflowQueue" for name in ("OrderRerouted", "OrderEdited", *_PLANNED)},
    ("OrderBackordered", None): "BrokerBacklogQueue",
    ("FulfillmentOrderEscalated", None): ["BrokerBacklogQueue", "StartPaymentWorkflowQueue"],
    ("OrderPaymentSettled", None): "StartOrderWorkflowQueue",
    ("ShipmentShipped", None): [
        *("ResumeFulfillmentQueue", "PostLedgerQueue", "NumberDocumentsQueue"),
        *("SendNoticesQueue", "GrantGoodwillQueue"),
    ],
    ("PurchaseOrderPlaced", None): "NumberDocumentsQueue",
    ("PurchaseOrderShipped", None): "PostLedgerQueue",
    ("SupplierInvoiceRecorded", None): "PostLedgerQueue",
    ("SupplierInvoiceDecided", None): "PostLedgerQueue",
    ("FulfillmentOrderCancellationAccepted", None): "ResumeFulfillmentQueue",
    ("FulfillmentOrderReceived", None): ["ResumeFulfillmentQueue", "StartOrderWorkflowQueue"],
    ("FulfillmentOrderSplit", None): ["ResumeFulfillmentQueue", "StartOrderWorkflowQueue"],
    **{
        (f"FulfillmentOrder{name}", None): "ResumeFulfillmentQueue"
        for name in ("Rejected", "Closed", "Cancelled", "Sold", "Held", "HoldReleased", "Rescheduled")
    },
    ("PaymentAuthorized", None): ["PostLedgerQueue", "StartPaymentWorkflowQueue"],
    **{
        (name, None): "StartPaymentWorkflowQueue"
        for name in (*("PaymentActionRequired", "PaymentDeclined", "PaymentDeferred", "OrderReserved"),)
    },
    **{("PaymentReleased", None): "PostLedgerQueue", ("ReturnApproved", None): "StartReturnWorkflowQueue"},
    ("PaymentExpired", None): ["PostLedgerQueue", "StartPaymentWorkflowQueue"],
    ("PaymentCaptured", None): "PostLedgerQueue",
    ("PaymentCaptureFailed", None): ["PostLedgerQueue", "StartPaymentWorkflowQueue"],
    ("RefundOwed", None): ["PostLedgerQueue", "RefundPaymentQueue"],
    ("RefundRetried", None): "RefundPaymentQueue",
    ("RefundExecuted", None): ["PostLedgerQueue", "SendNoticesQueue"],
    ("RefundFailed", None): "PostLedgerQueue",
    ("ReturnAccepted", None): ["PostLedgerQueue", "NumberDocumentsQueue"],
    ("DrawerOpened", None): "PostLedgerQueue",
    ("DrawerMovementRecorded", None): "PostLedgerQueue",
    ("DrawerClosed", None): "PostLedgerQueue",
    ("DrawerRestated", None): "PostLedgerQueue",
    ("GiftCardIssued", None): "PostLedgerQueue",
    ("GiftCardBreakageRecognized", None): "PostLedgerQueue",
    ("PayoutRecorded", None): "PostLedgerQueue",
    ("DisputeReported", None): "PspEventsQueue",
    ("PayoutReported", None): "PspEventsQueue",
    ("TrackingReported", None): "PspEventsQueue",
    ("DepositPrepared", None): "PostLedgerQueue",
    ("BankCredited", None): "PostLedgerQueue",
    ("BankDebited", None): "PostLedgerQueue",
    ("SuspenseResolved", None): "PostLedgerQueue",
    ("DisputeFundsWithdrawn", None): "PostLedgerQueue",
    ("DisputeLost", None): "PostLedgerQueue",
    ("DisputeWon", None): "PostLedgerQueue",
    ("WriteOffPosted", None): "PostLedgerQueue",
    ("IntercompanySettled", None): "PostLedgerQueue",
    ("IntercompanyNetted", None): "PostLedgerQueue",
    ("AppeasementGranted", None): ["PostLedgerQueue", "NumberDocumentsQueue", "SendNoticesQueue"],
    ("SaleRecorded", None): ["PostLedgerQueue", "NumberDocumentsQueue"],
    ("OrderCancelled", None): ["ReleasePaymentQueue", "SendNoticesQueue"],
    ("OrderLinesCancelled", None): ["ReleasePaymentQueue", "SendNoticesQueue", "GrantGoodwillQueue"],
    ("FulfillmentOrderReady", None): ["ReleasePaymentQueue", "ResumeFulfillmentQueue", "SendNoticesQueue"],
    ("FulfillmentOrderArrival", None): "ResumeFulfillmentQueue",
    ("FinanceExportRequested", None): "FinanceExportQueue",
    **{(name, None): "SendNoticesQueue" for name in _TOLD},
    **{(f"FulfillmentOrder{name}", None): "SendNoticesQueue" for name in ("CollectionDue", "PromiseAtRisk")},
    ("ParcelDelivered", None): ["SendNoticesQueue", "GrantGoodwillQueue"],
    ("NoticeQueued", None): "SendNoticesQueue",
}


def _queue_of(target) -> str:
    return target["Arn"]["Fn::GetAtt"][0]


def test_every_rule_feeds_a_queue_and_keeps_what_it_cannot_deliver(template):
    queues = of_type(template, QUEUE)
    for name, rule in of_type(template, RULE).items():
        (target,) = rule["Targets"]
        assert _queue_of(target) in queues, name
        assert target["DeadLetterConfig"]["Arn"]["Fn::GetAtt"][0] in queues, name
        assert 0 < target["RetryPolicy"]["MaximumEventAgeInSeconds"] <= DAY, name


def test_rules_may_send_to_their_queues(template):
    for name, rule in of_type(template, RULE).items():
        (target,) = rule["Targets"]
        for queue in (_queue_of(target), target["DeadLetterConfig"]["Arn"]["Fn::GetAtt"][0]):
            assert _may_send(template, name, queue), (name, queue)


def test_each_queue_lets_in_its_own_rules_and_nothing_else(template):
    senders = {name: set() for name in of_type(template, QUEUE)}
    for name, rule in of_type(template, RULE).items():
        for target in rule["Targets"]:
            senders[_queue_of(target)].add(name)
            senders[target["DeadLetterConfig"]["Arn"]["Fn::GetAtt"][0]].add(name)
    for name, bus in of_type(template, "AWS::Events::EventBus").items():
        senders[bus["DeadLetterConfig"]["Arn"]["Fn::GetAtt"][0]].add(name)
    assert {name: _let_in(template, name) for name in senders} == senders


def _let_in(template, queue: str) -> set[str]:
    """The rules and buses that may send to a queue; whatever else its policy allows fails here."""
    found = set()
    for statement in _policy_of(template, queue)["PolicyDocument"]["Statement"]:
        if statement["Effect"] == "Allow":
            assert set(statement) == {"Action", "Condition", "Effect", "Principal", "Resource"}, queue
            assert statement["Principal"] == {"Service": "events.amazonaws.com"}, queue
            assert (statement["Action"], statement["Resource"]) == ("sqs:SendMessage", "*"), queue
            assert set(statement["Condition"]) == {"ArnEquals"}, queue
            assert set(statement["Condition"]["ArnEquals"]) == {"aws:SourceArn"}, queue
            found |= {place(source) for source in as_list(statement["Condition"]["ArnEquals"]["aws:SourceArn"])}
    return found


def _policy_of(template, queue: str) -> dict:
    """A queue has one policy: of two resources for one queue the later would silently replace the earlier."""
    (policy,) = [row for row in of_type(template, "AWS::SQS::QueuePolicy").values() if {"Ref": queue} in row["Queues"]]
    return policy


def _may_send(template, rule: str, queue: str) -> bool:
    return rule in _let_in(template, queue)


def test_queue_policies_are_within_what_sqs_takes(template):
    for name, policy in of_type(template, "AWS::SQS::QueuePolicy").items():
        document = policy["PolicyDocument"]
        assert len(document["Statement"]) <= 20, name
        assert sum(len(statement["Condition"]) for statement in document["Statement"]) <= 10, name
        assert document_size(document) <= 8_192, name


def test_domain_events_reach_the_functions_that_wait_for_them(template):
    found = {}
    for rule in of_type(template, RULE).values():
        pattern = rule.get("EventPattern", {})
        if rule.get("EventBusName") == {"Ref": "DomainBus"}:
            assert pattern["source"] == ["spine"]
            statuses = pattern.get("detail", {}).get("data", {}).get("status", [None])
            for detail_type, status in product(pattern["detail-type"], statuses):
                found.setdefault((detail_type, status), []).append(_queue_of(rule["Targets"][0]))
    assert {key: sorted(queues) for key, queues in found.items()} == {
        key: sorted(as_list(queues)) for key, queues in SUBSCRIPTIONS.items()
    }


def test_what_is_dropped_into_the_intake_bucket_reaches_one_queue_and_results_do_not(template):
    rules = [rule for rule in of_type(template, RULE).values() if rule.get("EventBusName") == "default"]
    for rule, prefix, queue in zip(rules, ("stock/", "orders/"), ("StockFilesQueue", "OrderFilesQueue"), strict=True):
        pattern, bucket = rule["EventPattern"], {"name": [{"Ref": "IntakeBucket"}]}
        assert (pattern["source"], pattern["detail-type"]) == (["aws.s3"], ["Object Created"])
        assert pattern["detail"] == {"bucket": bucket, "object": {"key": [{"prefix": prefix}]}}
        assert _queue_of(rule["Targets"][0]) == queue
    assert of_type(template, "AWS::S3::Bucket")["IntakeBucket"]["NotificationConfiguration"] == {
        "EventBridgeConfiguration": {"EventBridgeEnabled": True}
    }


def test_what_nodes_say_on_the_store_bus_reaches_one_queue(template):
    rules = [rule for rule in of_type(template, RULE).values() if rule.get("EventBusName") == {"Ref": "StoreBus"}]
    (rule,) = rules
    assert rule["EventPattern"] == {"source": [{"prefix": "store."}, {"prefix": "wms."}, {"prefix": "supplier."}]}
    assert _queue_of(rule["Targets"][0]) == "NodeMessagesQueue"


def test_schedules_put_their_wish_on_a_queue(template):
    found = {
        name: (rule["ScheduleExpression"], _queue_of(rule["Targets"][0]))
        for name, rule in of_type(template, RULE).items()
        if "ScheduleExpression" in rule
    }
    assert found == {
        "RecoverSagasAcmeSchedule": ("rate(5 minutes)", "RecoverSagasQueue"),
        "BrokerBacklogAcmeSchedule": ("rate(5 minutes)", "BrokerBacklogQueue"),
        "ExpireReservationsAcmeSchedule": ("rate(1 minute)", "ExpireReservationsQueue"),
        "BalanceStockAcmeSchedule": ("rate(1 minute)", "BalanceStockQueue"),
        "DailyExportAcmeSchedule": ("cron(0 5 * * ? *)", "FinanceExportQueue"),
    }


def test_every_work_queue_sets_a_message_aside_after_five_tries(template):
    queues = of_type(template, QUEUE)
    dead = {name for name in queues if name.endswith("DeadLetters")}
    for name, queue in queues.items():
        if name in dead:
            assert queue["MessageRetentionPeriod"] == 14 * DAY, name
            assert "RedrivePolicy" not in queue, name
        else:
            redrive = queue["RedrivePolicy"]
            assert redrive["maxReceiveCount"] == 5, name
            assert redrive["deadLetterTargetArn"]["Fn::GetAtt"][0] in dead, name
            assert queue["MessageRetentionPeriod"] < 14 * DAY, name


def test_queues_are_encrypted_and_refuse_plain_http(template):
    plain_http = {
        "Action": "sqs:*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        "Effect": "Deny",
        "Principal": {"AWS": "*"},
        "Resource": "*",
    }
    for name, queue in of_type(template, QUEUE).items():
        assert queue["KmsMasterKeyId"] == {"Fn::GetAtt": ["DataKey", "Arn"]}, name
        assert plain_http in _policy_of(template, name)["PolicyDocument"]["Statement"], name


def test_every_dead_letter_queue_rings(template):
    watched = {
        dimension["Value"]["Fn::GetAtt"][0]
        for alarm in of_type(template, "AWS::CloudWatch::Alarm").values()
        if alarm["Namespace"] == "AWS/SQS"
        for dimension in alarm["Dimensions"]
    }
    assert watched == {name for name in of_type(template, QUEUE) if name.endswith("DeadLetters")}


def test_queue_mappings_give_back_only_failed_messages(template):
    consumers = {name: spec for name, spec in FUNCTIONS.items() if spec.concurrency}
    for name, spec in consumers.items():
        mapping = of_type(template, MAPPING)[f"{pascal(name)}Mapping"]
        queue = of_type(template, QUEUE)[mapping["EventSourceArn"]["Fn::GetAtt"][0]]
        assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"], name
        assert (mapping["BatchSize"], mapping["MaximumBatchingWindowInSeconds"]) == (spec.batch, 0), name
        assert mapping["ScalingConfig"]["MaximumConcurrency"] == spec.concurrency, name
        assert queue["VisibilityTimeout"] >= 6 * spec.timeout, name


# Nothing is given up before it gets too old; a stock message that can never be taken in is set aside by the function.
@pytest.mark.parametrize("name", ["PublishEvents", "InventoryStream"])
def test_stream_mappings_are_bounded(template, name):
    mapping = of_type(template, MAPPING)[f"{name}Mapping"]
    assert mapping["StartingPosition"] == "TRIM_HORIZON"
    assert mapping["BisectBatchOnFunctionError"] is True
    assert mapping["MaximumRetryAttempts"] == 10_000
    assert mapping["MaximumRecordAgeInSeconds"] == 6 * 3_600
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["DestinationConfig"]["OnFailure"]["Destination"]["Fn::GetAtt"][0] == f"{name}DeadLetters"


def test_streams_keep_records_longer_than_they_are_tried(template):
    (stream,) = of_type(template, "AWS::Kinesis::Stream").values()
    assert stream["RetentionPeriodHours"] * 3_600 > 6 * 3_600
    assert stream["ShardCount"] == 1


def test_a_stream_that_falls_behind_rings(template):
    watched = {
        dimension["Value"]["Ref"]
        for alarm in of_type(template, "AWS::CloudWatch::Alarm").values()
        if alarm["MetricName"] == "IteratorAge"
        for dimension in alarm["Dimensions"]
    }
    followers = ("PublishEvents", "QueueWebhooks", "InventoryStream", "StockLevels")
    assert watched == {f"{name}Function" for name in followers}


def test_events_that_a_bus_cannot_encrypt_are_set_aside(template):
    for name, bus in of_type(template, "AWS::Events::EventBus").items():
        assert bus["DeadLetterConfig"]["Arn"]["Fn::GetAtt"][0] == "PublishEventsDeadLetters", name
        assert _may_send(template, name, "PublishEventsDeadLetters"), name


def test_nobody_but_the_publisher_speaks_as_spine(template):
    found = {name: row["Statement"] for name, row in of_type(template, "AWS::Events::EventBusPolicy").items()}
    publisher = {"Fn::GetAtt": ["PublishEventsRole", "Arn"]}
    for name in ("OnlyThePublisherPolicy", "OnlyThePublisherAsSpinePolicy"):
        assert found[name]["Effect"] == "Deny", name
        assert found[name]["Condition"]["ArnNotEquals"] == {"aws:PrincipalArn": publisher}, name
    known = found["OnlyKnownSourcesPolicy"]["Condition"]["StringNotLike"]["events:source"]
    assert known == ["spine", "store.*", "wms.*", "supplier.*"]
