"""The contracts are what the code does: schemas, samples, API description and drawn flows, none of them out of date."""

import base64
import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate as validate_openapi

from infra.events import SERVICES_BUS
from infra.functions import FUNCTIONS
from oms.platform.consumers import event_from_queue
from tests.template import gateway_key, of_type, template_fixture  # noqa: F401 (a fixture)
from tools import draw_flows, event_contracts, export_contracts, openapi, openapi_handlers
from tools.openapi_routes import ROUTES

SAMPLES = sorted(event_contracts.SAMPLES.glob("*.json"))
TRIGGERS = event_contracts.SAMPLES / "triggers"


def schema(name: str) -> Draft202012Validator:
    """The validator of a committed schema file."""
    document = json.loads((event_contracts.SCHEMAS / name).read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(document)
    return Draft202012Validator(document, format_checker=Draft202012Validator.FORMAT_CHECKER)


def read(path: Path):
    return json.loads(path.read_text(encoding="utf-8"))


def check_event(event: dict) -> None:
    """Hold an event that Spine published, or a message of a node, to its schemas."""
    kind, detail = event["detail-type"], event["detail"]
    if event["source"] == "spine":
        schema(event_contracts.ENVELOPE).validate(detail)
        assert detail["meta"]["type"] == kind
        schema(f"{kind}.v{detail['meta']['version']}.json").validate(detail["data"])
    else:
        schema("NodeMessage.v1.json").validate(detail["meta"])
        version = event_contracts.message_version(kind)
        schema(f"{kind}.v{version}.json").validate(detail["data"])


@pytest.fixture(scope="module", name="generated")
def generated_fixture() -> dict[Path, str]:
    return export_contracts.contracts()


def test_every_generated_contract_is_committed_as_it_would_be_made_now(generated):
    stale = [path.name for path, text in generated.items() if not path.exists() or path.read_text("utf-8") != text]
    assert not stale, "run: python -m tools.export_contracts"


def test_the_flows_are_drawn_as_they_would_be_now(template):
    pages = draw_flows.flows(template)
    stale = [path.name for path, text in pages.items() if not path.exists() or path.read_text("utf-8") != text]
    assert not stale, "run: python -m tools.draw_flows"
    # What people do together is told, and not drawn.
    assert set(draw_flows.FLOWS.glob("*.md")) == {*pages, draw_flows.FLOWS / "journeys.md"}


def test_a_schema_that_was_committed_never_changes():
    recorded = event_contracts.recorded_sums()
    found = {
        path.name: event_contracts.sha256(path.read_text("utf-8")) for path in event_contracts.SCHEMAS.glob("*.json")
    }
    assert found == recorded


def test_the_export_refuses_to_change_a_schema():
    recorded = {"OrderPlaced.v1.json": event_contracts.sha256("{}\n")}
    with pytest.raises(export_contracts.SchemaFrozen, match=r"OrderPlaced\.v1\.json"):
        export_contracts.refuse_changes({"OrderPlaced.v1.json": '{"type": "object"}\n'}, recorded)
    export_contracts.refuse_changes({"OrderPlaced.v1.json": "{}\n", "OrderPlaced.v2.json": "[]\n"}, recorded)


def test_every_event_that_code_makes_has_its_schema_and_its_sample():
    for name, cls in event_contracts.published().items():
        assert (event_contracts.SCHEMAS / f"{name}.v{cls.version}.json").exists(), name
        assert read(event_contracts.SAMPLES / f"{name}.json")["detail"]["meta"]["version"] == cls.version, name


def test_there_is_no_sample_of_anything_else():
    assert {path.stem for path in SAMPLES} == set(event_contracts.published()) | set(event_contracts.NODE_MESSAGES)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_the_sample_is_what_its_schema_says(path):
    check_event(read(path))


@pytest.mark.parametrize("name", sorted(event_contracts.published()))
def test_the_schema_refuses_a_field_that_is_missing_and_one_that_is_unknown(name):
    cls = event_contracts.published()[name]
    validator = schema(f"{name}.v{cls.version}.json")
    data = read(event_contracts.SAMPLES / f"{name}.json")["detail"]["data"]
    without_first = dict(list(data.items())[1:])
    assert not validator.is_valid(without_first)
    assert not validator.is_valid({**data, "unknown": 1})


def patterns_of_our_buses(template):
    """The patterns of rules, but for those about what services of AWS say on the account's own bus."""
    rules = of_type(template, "AWS::Events::Rule").values()
    return [rule.get("EventPattern", {}) for rule in rules if rule.get("EventBusName") != SERVICES_BUS]


def test_every_detail_type_of_a_rule_is_an_event_that_code_makes(template):
    patterns = patterns_of_our_buses(template)
    wanted = {kind for pattern in patterns for kind in pattern.get("detail-type", [])}
    assert len(wanted) > 10
    assert wanted <= set(event_contracts.published())


def test_a_rule_narrows_by_fields_and_values_that_the_event_can_have(template):
    narrowed = 0
    for pattern in patterns_of_our_buses(template):
        for kind in pattern.get("detail-type", []):
            version = event_contracts.published()[kind].version
            properties = read(event_contracts.SCHEMAS / f"{kind}.v{version}.json")["properties"]
            for field in pattern.get("detail", {}).get("data", {}):
                narrowed += 1
                assert field in properties, kind
    assert narrowed > 0


def test_events_for_nodes_are_named_as_such():
    for_nodes = {name for name, cls in event_contracts.published().items() if cls.for_nodes}
    assert for_nodes == {
        "DrawerOpened",
        "FulfillmentOrderReleased",
        "FulfillmentOrderDispatched",
        "FulfillmentOrderCancelled",
        "FulfillmentOrderCancellationRequested",
        "FulfillmentOrderWithdrawn",
        "FulfillmentOrderOffered",
        "FulfillmentOrderOfferTaken",
        "FulfillmentOrderOfferEnded",
        "FulfillmentOrderReminded",
        "FulfillmentOrderCollectionExtended",
        "FulfillmentOrderNotCollected",
        "FulfillmentOrderArrival",
        "PurchaseOrderPlaced",
        "FulfillmentOrderHeld",
        "FulfillmentOrderHoldReleased",
        "FulfillmentOrderRescheduled",
        "FulfillmentOrderSplit",
        "FulfillmentOrderMerged",
        "WaveClosed",
        "WaveCreated",
    }


def test_every_function_has_a_sample_of_what_starts_it():
    covered = {function for _, functions in event_contracts.TRIGGERS.values() for function in functions}
    assert covered == set(FUNCTIONS)
    assert {path.stem for path in TRIGGERS.glob("*.json")} == set(event_contracts.TRIGGERS)


def test_the_queue_samples_carry_events_that_the_consumers_can_read():
    for name in ("queue", "node_queue", "schedule_queue"):
        for record in read(TRIGGERS / f"{name}.json")["Records"]:
            event = event_from_queue(record["body"])
            assert event.tenant == "acme"
            if name != "schedule_queue":
                check_event(json.loads(record["body"]))


def test_the_schedule_sample_is_what_the_schedules_send(template):
    record = json.loads(read(TRIGGERS / "schedule_queue.json")["Records"][0]["body"])
    (target,) = of_type(template, "AWS::Events::Rule")["RecoverSagasAcmeSchedule"]["Targets"]
    sent = json.loads(target["InputTransformer"]["InputTemplate"])
    assert sent["detail-type"] == record["detail-type"]
    assert sent["detail"]["meta"].keys() == record["detail"]["meta"].keys()
    assert sent["detail"]["data"] == record["detail"]["data"]


def test_the_stream_samples_hold_what_is_stored_and_sent():
    (row,) = (record["dynamodb"]["NewImage"] for record in read(TRIGGERS / "events_stream.json")["Records"])
    detail = json.loads(row["detail"]["S"])
    check_event({"source": "spine", "detail-type": row["type"]["S"], "detail": detail})
    assert row["pk"]["S"] == f"T#acme#{detail['meta']['entity']}"
    assert row["sk"]["S"] == f"EVENT#{detail['meta']['sequence']:09d}"
    (record,) = read(TRIGGERS / "inventory_stream.json")["Records"]
    schema("FeedMessage.v2.json").validate(json.loads(base64.b64decode(record["kinesis"]["data"])))


@pytest.mark.parametrize(
    ("workflow", "sample"),
    [("order", "order_task"), ("fulfillment", "fulfillment_task"), ("fulfillment", "release_task")],
)
def test_the_task_samples_have_what_the_workflows_send(workflow, sample):
    sent = read(TRIGGERS / f"{sample}.json")
    _, functions = event_contracts.TRIGGERS[sample]
    machine = read(draw_flows.ROOT / "infra" / "workflows" / f"{workflow}.asl.json")
    for _, state in draw_flows._all_states(machine):
        called = state.get("Parameters", {}).get("FunctionName", "").strip("${}")
        if draw_flows._snake(called) in functions:
            assert {name.removesuffix(".$") for name in state["Parameters"]["Payload"]} <= sent.keys()


def test_the_api_description_is_valid_openapi():
    validate_openapi(read(openapi.OPENAPI))


def test_the_handlers_have_exactly_the_routes_of_the_template(template):
    deployed = sorted(route["RouteKey"] for route in of_type(template, "AWS::ApiGatewayV2::Route").values())
    assert sorted({gateway_key(route.key) for route in openapi_handlers.handled_routes()}) == deployed


def test_each_route_is_handled_where_the_template_sends_it(template):
    for route in openapi_handlers.handled_routes():
        spec = FUNCTIONS[route.function]
        assert route.key in (*spec.routes, *spec.open_routes)


def test_every_route_is_described_and_nothing_else():
    assert {route.key for route in openapi_handlers.handled_routes()} == set(ROUTES)


def test_a_route_asks_for_a_scope_unless_it_is_open(template):
    scopes = {
        one["ScopeName"]
        for server in of_type(template, "AWS::Cognito::UserPoolResourceServer").values()
        for one in server["Scopes"]
    }
    for route in openapi_handlers.handled_routes():
        if route.key in FUNCTIONS[route.function].open_routes:
            assert route.scope is None, route.key
        else:
            assert route.scope in scopes, route.key


def test_every_mutating_call_needs_a_key_and_no_other_does():
    for route in openapi_handlers.handled_routes():
        # A provider's message has a key of its own; a simulation is a question that needs a body.
        others = ("psp_webhook", "simulations")
        mutates = route.method in openapi_handlers.MUTATING and route.function not in others
        assert route.needs_key is mutates, route.key


def test_refusals_are_problem_documents():
    document = read(openapi.OPENAPI)
    seen = set()
    for path in document["paths"].values():
        for operation in path.values():
            for status, response in operation["responses"].items():
                if int(status) >= 400:
                    name = response["$ref"].rsplit("/", 1)[1]
                    seen.add(name)
                    # The gateway itself refuses what is above the rate limit, in its own words.
                    kind = "application/json" if name == "RateLimited" else "application/problem+json"
                    assert kind in document["components"]["responses"][name]["content"]
    assert seen == set(document["components"]["responses"])
