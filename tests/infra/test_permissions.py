"""Least privilege: exact actions on exact resources, and nothing that the table of functions does not ask for."""

from infra.functions import FUNCTIONS, STREAM_CONSUMERS
from infra.grants import ACCESS, INDEXES
from infra.http_functions import HTTP
from infra.names import pascal
from tests.infra.policies import as_list, document_size, place, rights, statements
from tests.template import of_type

KEY = "DataKey"
# Who may use `*`, and for what: services whose actions know no resource.
WILDCARDS = {
    "*": {
        "xray:PutTraceSegments",
        "xray:PutTelemetryRecords",
        "xray:GetSamplingRules",
        "xray:GetSamplingTargets",
        "logs:CreateLogDelivery",
        "logs:GetLogDelivery",
        "logs:UpdateLogDelivery",
        "logs:DeleteLogDelivery",
        "logs:ListLogDeliveries",
        "logs:PutResourcePolicy",
        "logs:DescribeResourcePolicies",
        "logs:DescribeLogGroups",
    },
    "ExportBucket/finance/*": {"s3:GetObject", "s3:PutObject"},
    "IntakeBucket/stock/*": {"s3:GetObjectVersion"},
    "IntakeBucket/orders/*": {"s3:GetObjectVersion"},
    "IntakeBucket/results/*": {"s3:GetObject", "s3:PutObject"},
    "IntakeBucket/notices/*": {"s3:GetObject", "s3:PutObject"},
    "IntakeBucket/labels/*": {"s3:GetObject", "s3:PutObject"},
}
TRACES = {("xray:PutTraceSegments", "*"), ("xray:PutTelemetryRecords", "*")}
FOLLOWED = {"publish_events": "EventsTable", "queue_webhooks": "EventsTable", "stock_levels": "StockTable"}
LOGICAL_IDS = {
    "secret:psp": "PspSecret",
    "secret:carrier": "CarrierSecret",
    "secret:webhook": "WebhookSecret",
    "queue:webhooks": "SendWebhooksQueue",
    "secret:activation": "ActivationSecret",
    "bus:domain": "DomainBus",
    "bus:store": "StoreBus",
    "bucket:export": "ExportBucket",
    "bucket:intake": "IntakeBucket",
    "workflow:order": "OrderWorkflow",
    "workflow:fulfillment": "FulfillmentWorkflow",
    "workflow:payment": "PaymentWorkflow",
    "workflow:return": "ReturnWorkflow",
}
# What a workflow is told by its task cannot stand inside the task's role: see LifeCycles._grant_later.
BESIDE_ITS_ROLE = {"ReleaseFulfillmentLaterPolicy": ["ReleaseFulfillmentRole"]}
# IAM's own limit for all that stands inside a role, spaces not counted.
MOST_OF_A_ROLE = 10_240


def test_rights_stand_inside_their_role_but_for_those_listed(template):
    beside = of_type(template, "AWS::IAM::Policy")
    assert {name: [role["Ref"] for role in row["Roles"]] for name, row in beside.items()} == BESIDE_ITS_ROLE
    for name, role in of_type(template, "AWS::IAM::Role").items():
        assert [policy["PolicyName"] for policy in role["Policies"]] == ["Rights"], name


def test_the_rights_of_each_role_are_within_what_iam_takes(template):
    beside = of_type(template, "AWS::IAM::Policy").values()
    for name, role in of_type(template, "AWS::IAM::Role").items():
        documents = [policy["PolicyDocument"] for policy in role["Policies"]]
        documents += [row["PolicyDocument"] for row in beside if {"Ref": name} in row["Roles"]]
        assert sum(map(document_size, documents)) <= MOST_OF_A_ROLE, name


def test_no_action_is_a_wildcard(template):
    for role, statement in statements(template):
        for action in as_list(statement["Action"]):
            assert "*" not in action, (role, action)


def test_wildcard_resources_are_those_listed(template):
    for role, statement in statements(template):
        for resource in as_list(statement["Resource"]):
            if "*" in place(resource):
                assert set(as_list(statement["Action"])) <= WILDCARDS[place(resource)], (role, place(resource))


def test_each_function_may_do_what_its_row_says_and_no_more(template):
    for name, spec in FUNCTIONS.items():
        expected = _asked_for(spec)
        actual = rights(template, f"{pascal(name)}Role")
        assert actual == expected, name


def _asked_for(spec) -> set[tuple[str, str]]:
    """The (action, place) pairs of a row, with what every function needs: its logs, its traces, its dead letters."""
    name = pascal(spec.name)
    queue_or_stream = bool(spec.concurrency) or spec in STREAM_CONSUMERS
    dead_letters = f"{name}DeadLetters" if queue_or_stream else "CallDeadLetters"
    pairs = {(action, f"{name}Logs") for action in ("logs:CreateLogStream", "logs:PutLogEvents")} | TRACES
    pairs |= _access("queue:send", dead_letters)
    if spec.concurrency:
        pairs |= _access("queue:consume", f"{name}Queue")
    if spec.divides_work:
        pairs |= _access("queue:send", f"{name}Queue")
    if spec.name in FOLLOWED:
        pairs |= _access("table:follow", f"{FOLLOWED[spec.name]}.StreamArn")
    if spec.name == "inventory_stream":
        pairs |= _access("stream:follow", "InventoryStream")
    for grant in (*spec.grants, *spec.later):
        kind, _, table = grant.resource.partition(":")
        places = [LOGICAL_IDS.get(grant.resource, f"{pascal(table)}Table")]
        if kind == "index":
            places = [f"{places[0]}/index/{index}" for index in INDEXES[table]]
        for where in places:
            pairs |= _access(grant.access, where)
    return pairs


def _access(name: str, where: str) -> set[tuple[str, str]]:
    access = ACCESS[name]
    own = {(action, f"{where}{access.suffix}") for action in access.actions}
    return own | {(action, KEY) for action in access.key_actions}


def test_nothing_may_change_or_remove_an_event(template):
    for role, statement in statements(template):
        places = {place(resource) for resource in as_list(statement["Resource"])}
        if "EventsTable" in places:
            forbidden = {"dynamodb:UpdateItem", "dynamodb:DeleteItem"} & set(as_list(statement["Action"]))
            assert not forbidden, (role, forbidden)


def test_nothing_reads_a_whole_table(template):
    assert not [role for role, one in statements(template) if "dynamodb:Scan" in as_list(one["Action"])]


def test_only_who_hears_or_asks_carriers_reads_their_secret(template):
    readers = {
        role
        for role, statement in statements(template)
        if "CarrierSecret" in [place(resource) for resource in as_list(statement["Resource"])]
    }
    assert readers == {"FulfillmentRole", "PspWebhookRole", "RecoverSagasRole"}


def test_only_who_activates_digital_items_reads_the_secret_of_that(template):
    readers = {
        role
        for role, statement in statements(template)
        if "ActivationSecret" in [place(resource) for resource in as_list(statement["Resource"])]
    }
    assert readers == {"ReleaseFulfillmentRole"}


def test_only_those_who_talk_to_the_provider_read_its_secret(template):
    readers = {
        role
        for role, statement in statements(template)
        if "PspSecret" in [place(resource) for resource in as_list(statement["Resource"])]
    }
    assert readers == {
        "AuthorizePaymentRole",
        "CapturePaymentRole",
        "CareForPaymentRole",
        "PaymentsRole",
        "PspEventsRole",
        "PspWebhookRole",
        "RecoverSagasRole",
        "ReleasePaymentRole",
        "RefundPaymentRole",
    }


def test_the_key_is_used_only_through_the_service_that_holds_the_data(template):
    for role, statement in statements(template):
        if place(as_list(statement["Resource"])[0]) == KEY:
            via = statement["Condition"]["StringEquals"]["kms:ViaService"]
            assert place(via).endswith(".amazonaws.com"), role


def test_roles_are_assumed_by_one_service_each(template):
    for name, role in of_type(template, "AWS::IAM::Role").items():
        (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
        expected = "states.amazonaws.com" if "Workflow" in name and "Start" not in name else "lambda.amazonaws.com"
        assert statement["Principal"] == {"Service": expected}, name


def test_functions_are_invoked_by_our_own_api_only(template):
    permissions = of_type(template, "AWS::Lambda::Permission")
    for name, permission in permissions.items():
        assert permission["Principal"] == "apigateway.amazonaws.com", name
        source = place(permission["SourceArn"])
        assert "HttpApi" in source, name
        assert source.endswith("/*/*"), name
    called = [place(permission["FunctionName"]) for permission in permissions.values()]
    assert sorted(called) == sorted(f"{pascal(spec.name)}Function" for spec in HTTP)


def test_a_workflow_calls_only_its_own_functions(template):
    assert rights(template, "OrderWorkflowRole") >= {
        ("lambda:InvokeFunction", "SourceOrderFunction"),
        ("lambda:InvokeFunction", "AuthorizePaymentFunction"),
        ("states:StartExecution", "FulfillmentWorkflow"),
    }
    for role in ("OrderWorkflowRole", "FulfillmentWorkflowRole"):
        extra = {pair for pair in rights(template, role) if pair[1] == "*"}
        assert {action for action, _ in extra} <= WILDCARDS["*"], role
    called = {where for action, where in rights(template, "FulfillmentWorkflowRole") if action.startswith("lambda:")}
    assert called == {
        f"{name}Function"
        for name in ("ReleaseFulfillment", "CapturePayment", "RerouteFulfillment", "EscalateFulfillment")
    }
